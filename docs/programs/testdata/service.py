"""What the program service does, with kazoo. Usage: service.py SERVERS NAME ADDRESS"""
import signal
import sys
import threading

from kazoo.client import KazooClient, KazooState
from kazoo.exceptions import NodeExistsError, NoNodeError

servers, name, address = sys.argv[1:]
client = KazooClient(servers)
lock = threading.Lock()
present = set()
peers = {}


def register():
    path = "/services/web/" + name
    while True:
        try:
            client.create(path, address.encode(), ephemeral=True, makepath=True)
            return
        except NodeExistsError:  # an earlier session's
            try:
                client.delete(path)
            except NoNodeError:
                pass


def listen(state, seen={"lost": False}):
    if state == KazooState.LOST:
        seen["lost"] = True
    elif state == KazooState.CONNECTED and seen["lost"]:
        seen["lost"] = False
        client.handler.spawn(register)


def show():
    print("peers:" + "".join(" %s=%s" % p for p in sorted(peers.items())), flush=True)


def follow(peer):
    @client.DataWatch("/services/web/" + peer)
    def changed(data, stat):
        with lock:
            if data is None or peer not in present:
                peers.pop(peer, None)
                present.discard(peer)
                show()
                return False
            peers[peer] = data.decode()
            show()


client.start()
client.add_listener(listen)
register()


@client.DataWatch("/config/web")
def config(data, stat):
    if data is not None:
        print("config: " + data.decode(), flush=True)


@client.ChildrenWatch("/services/web")
def members(names):
    with lock:
        new = set(names) - present
        present.update(new)
    for peer in new:
        client.handler.spawn(follow, peer)


signal.signal(signal.SIGTERM, lambda *_: sys.exit(client.stop()))
signal.pause()
