"""A process that contends for a lock with kazoo until SECONDS have passed, and then once more.

Usage: kazoo_contender.py SERVERS PATH REGISTER SECONDS

It tells of each turn: held FENCE START STOP, in nanoseconds since 1970, from when to when it believed to have the lock. Meanwhile it writes to
the register, with a check of the lock's znode. "done" is the end.
"""
import sys
import time

from kazoo.client import KazooClient, KazooState
from kazoo.exceptions import KazooException
from kazoo.recipe.lock import Lock

servers, path, register, seconds = sys.argv[1:]
ends = time.time() + float(seconds)
suspended = []  # when the connection was lost first in the present turn


class CuratorsLock(Lock):  # with it, kazoo and Curator exclude each other
    _NODE_NAME = "lock-"
    _EXCLUDE_NAMES = ["lock-", "__lock__"]


def connect():
    client = KazooClient(servers, timeout=4)
    client.add_listener(lambda state: suspended.append(time.time_ns()) if state != KazooState.CONNECTED else None)
    client.start(timeout=60)
    return client


def write(client, node, fence):
    t = client.transaction()
    t.check(node, -1)
    t.create(register + "/w-", b"%d kazoo" % fence, sequence=True)
    t.commit()


def turn(client):
    """Reports whether there was a turn."""
    lock = CuratorsLock(client, path, identifier="kazoo")
    if not lock.acquire(timeout=3):
        return False
    start = time.time_ns()
    suspended.clear()
    if client.state != KazooState.CONNECTED:
        suspended.append(start)
    fence, stop = 0, None
    try:
        node = path + "/" + lock.node
        fence = client.get(node)[1].czxid
        for _ in range(3):
            write(client, node, fence)
            time.sleep(0.01)
    finally:
        stop = min(suspended + [time.time_ns()])
        print("held", fence, start, stop, flush=True)
        lock.release()
    return True


client, last = connect(), False
while not last:
    try:
        last = time.time() > ends
        last = turn(client) and last
        time.sleep(0.02)
    except Exception:  # whatever it is, a new session leaves nothing of the old one behind
        last = False
        try:
            client.stop()
            client.close()
            client = connect()
        except Exception:
            time.sleep(0.2)
client.stop()
print("done", flush=True)
