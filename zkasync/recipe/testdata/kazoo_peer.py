"""A process with a kazoo client whose recipes the tests' commands use. Usage: kazoo_peer.py SERVERS

Each line of input is a command, and gets one line of output:
  acquire HANDLE KIND PATH MILLISECONDS   got | timeout
  release HANDLE                          released
  add ENCODING PATH DELTA                 the sum
  barrier set|remove|wait PATH            done
  double enter|leave PATH COUNT           done
  put KIND PATH PRIORITY VALUE...         done; KIND is locking or plain
  take HANDLE KIND PATH MILLISECONDS      the value | timeout
  consume HANDLE                          consumed | lost
  lease PATH COUNT IDENTIFIER SECONDS     True | False; COUNT 0: at PATH itself
  partition PATH IDENTIFIER ITEMS         what it has, if it has all of its part; takes part the first time, and goes on when it has to
  leave PATH                              done; takes part no more
"""
import datetime
import sys

from kazoo.client import KazooClient
from kazoo.exceptions import LockTimeout
from kazoo.recipe.barrier import Barrier, DoubleBarrier
from kazoo.recipe.counter import Counter
from kazoo.recipe.lease import MultiNonBlockingLease, NonBlockingLease
from kazoo.recipe.lock import Lock, ReadLock, WriteLock
from kazoo.recipe.partitioner import SetPartitioner
from kazoo.recipe.queue import LockingQueue, Queue

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


def queue(kind, path):
    return {"locking": LockingQueue, "plain": Queue}[kind](client, path)


def put(kind, path, priority, *values):
    values = [v.encode() for v in values]
    if len(values) == 1:
        queue(kind, path).put(values[0], int(priority))
    else:
        queue(kind, path).put_all(values, int(priority))
    return "done"


def take(handle, kind, path, milliseconds):
    q = queue(kind, path)
    value = q.get() if kind == "plain" else q.get(timeout=int(milliseconds) / 1000)
    if value is None:
        return "timeout"
    held[handle] = q
    return value.decode()


def consume(handle):
    return "consumed" if held.pop(handle).consume() else "lost"


def lease(path, count, identifier, seconds):
    duration = datetime.timedelta(seconds=int(seconds))
    if int(count) > 0:
        return str(bool(MultiNonBlockingLease(client, int(count), path, duration, identifier)))
    return str(bool(NonBlockingLease(client, path, duration, identifier)))


def partition(path, identifier, items):
    p = held.get(path)
    if p is None:
        p = held[path] = SetPartitioner(client, path, set=items.split(","), identifier=identifier, time_boundary=1)
    if p.release:
        p.release_set()
    return ",".join(sorted(p)) if p.acquired else p.state


def leave(path):
    held.pop(path).finish()
    return "done"


commands = {"acquire": acquire, "release": release, "add": add, "barrier": barrier, "double": double,
            "put": put, "take": take, "consume": consume, "lease": lease,
            "partition": partition, "leave": leave}
for line in sys.stdin:
    name, *args = line.split()
    try:
        print(commands[name](*args), flush=True)
    except Exception as e:
        print("error", repr(e), flush=True)
client.stop()
