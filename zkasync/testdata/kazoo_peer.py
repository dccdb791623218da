"""A kazoo client that does what it is told: a JSON object per line on standard input, one per line in answer.

Run with the servers and, as a JSON object, further arguments of KazooClient. Bytes travel in base64, null as null.
"""

import base64
import json
import queue
import sys

from kazoo.client import KazooClient
from kazoo.security import make_acl, make_digest_acl


def encoded(data):
    return None if data is None else base64.b64encode(data).decode()


def decoded(text):
    return None if text is None else base64.b64decode(text)


def stat_of(stat):
    return None if stat is None else stat._asdict()


class Peer:
    def __init__(self, servers, options):
        self.client = KazooClient(servers, **options)
        self.client.start(timeout=20)
        self.events = queue.Queue()

    def session(self):
        return {"id": self.client.client_id[0]}

    def create(self, path, data=None, acl=None, **flags):
        acl = [make_digest_acl(*acl, all=True)] if acl else None
        return {"path": self.client.create(path, decoded(data), acl=acl, **flags)}

    def create_for(self, path, scheme, id, data=None):
        return {"path": self.client.create(path, decoded(data), acl=[make_acl(scheme, id, all=True)])}

    def get(self, path):
        data, stat = self.client.get(path)
        return {"data": encoded(data), "stat": stat_of(stat)}

    def set(self, path, data=None, version=-1):
        return {"stat": stat_of(self.client.set(path, decoded(data), version=version))}

    def exists(self, path):
        return {"stat": stat_of(self.client.exists(path))}

    def children(self, path):
        return {"names": self.client.get_children(path)}

    def delete(self, path, recursive=False):
        self.client.delete(path, recursive=recursive)
        return {}

    def add_auth(self, credential):
        self.client.add_auth("digest", credential)
        return {}

    def acl(self, path):
        entries, _ = self.client.get_acls(path)
        return {"acl": [[e.perms, e.id.scheme, e.id.id] for e in entries]}

    def watch(self, path):
        self.client.exists(path, watch=self.events.put)
        return {}

    def event(self):
        e = self.events.get(timeout=20)
        return {"type": e.type, "path": e.path}

    def transaction(self, creates, deletes):
        t = self.client.transaction()
        for path in creates:
            t.create(path)
        for path in deletes:
            t.delete(path)
        return {"results": [str(r) for r in t.commit()]}

    def reconfig(self, joining, leaving, from_config=-1):
        data, _ = self.client.reconfig(joining, leaving, None, from_config)
        return {"text": data.decode()}


def main():
    peer = Peer(sys.argv[1], json.loads(sys.argv[2]))
    for line in sys.stdin:
        call = json.loads(line)
        try:
            answer = getattr(peer, call.pop("do"))(**call)
        except Exception as e:
            answer = {"error": type(e).__name__}
        print(json.dumps(answer), flush=True)
    peer.client.stop()
    peer.client.close()


main()
