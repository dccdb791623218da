"""A process with a kazoo client whose recipes the tests' commands use. Usage: kazoo_peer.py SERVERS

Each line of input is a command, and gets one line of output:
  acquire HANDLE KIND PATH MILLISECONDS   got | timeout
  release HANDLE                          released
  add ENCODING PATH DELTA                 the sum
  barrier set|remove|wait PATH            done
  double enter|leave PATH COUNT           done
"""
import sys

from kazoo.client import KazooClient
from kazoo.exceptions import LockTimeout
from kazoo.recipe.barrier import Barrier, DoubleBarrier
from kazoo.recipe.counter import Counter
from kazoo.recipe.lock import Lock, ReadLock, WriteLock

client = KazooClient(sys.argv[1], timeout=4)
client.start()
held = {}


def recipe(kind, path):
    if kind == "mutex" or kind == "election":  # kazoo's Election is its Lock
        return Lock(client, path, identifier="kazoo")
    if kind == "tolerant":
        return Lock(client, path, identifier="kazoo", extra_lock_patterns=["lock-"])
    return {"read": ReadLock, "write": WriteLock}[kind](client, path, identifier="kazoo")


def acquire(handle, kind, path, milliseconds):
    lock = recipe(kind, path)
    try:
        if not lock.acquire(timeout=int(milliseconds) / 1000):
            return "timeout"
    except LockTimeout:
        return "timeout"
    held[handle] = lock
    return "got"


def release(handle):
    held.pop(handle).release()
    return "released"


def add(encoding, path, delta):
    counter = Counter(client, path, support_curator=encoding == "int32")
    counter += int(delta)
    return str(counter.post_value)


def barrier(what, path):
    b = Barrier(client, path)
    {"set": b.create, "remove": b.remove, "wait": b.wait}[what]()
    return "done"


def double(what, path, count):
    b = held.setdefault(path, DoubleBarrier(client, path, int(count)))
    {"enter": b.enter, "leave": b.leave}[what]()
    return "done"


commands = {"acquire": acquire, "release": release, "add": add, "barrier": barrier, "double": double}
for line in sys.stdin:
    name, *args = line.split()
    try:
        print(commands[name](*args), flush=True)
    except Exception as e:
        print("error", repr(e), flush=True)
client.stop()
