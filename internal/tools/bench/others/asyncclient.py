# Creates n znodes of 100 bytes below root, reads them once, and then as often as it is told, and deletes them, with kazoo's
# asynchronous API, depth of them in flight. Prints what each took, in seconds.
import sys
import threading
import time

from kazoo.client import KazooClient

address, root = sys.argv[1:3]
n, depth, reads = map(int, sys.argv[3:])
client = KazooClient(hosts=address, timeout=30)
client.start(timeout=30)
client.create(root)
paths = ["%s/%07d" % (root, i) for i in range(n)]
data = b"x" * 100


def work(name, start, times=1):
    room, failures = threading.Semaphore(depth), []

    def done(result):
        if result.exception is not None:
            failures.append(result.exception)
        room.release()

    began = time.monotonic()
    for path in paths * times:
        room.acquire()
        start(path).rawlink(done)
    for _ in range(depth):
        room.acquire()
    took = time.monotonic() - began
    if failures:
        sys.exit("%s: %r" % (name, failures[0]))
    print(name, took)


work("create", lambda path: client.create_async(path, data))
work("get", client.get_async)
work("get", client.get_async, reads)
work("delete", client.delete_async)
client.delete(root)
client.stop()
client.close()
