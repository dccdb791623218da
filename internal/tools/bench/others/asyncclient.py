# Creates, reads twice and deletes n znodes of 100 bytes below root with kazoo's asynchronous API, depth of them in flight.
# Prints what each took, in seconds.
import sys
import threading
import time

from kazoo.client import KazooClient

address, root = sys.argv[1:3]
n, depth = int(sys.argv[3]), int(sys.argv[4])
client = KazooClient(hosts=address, timeout=30)
client.start(timeout=30)
client.create(root)
paths = ["%s/%07d" % (root, i) for i in range(n)]
data = b"x" * 100


def work(name, start):
    room, failures = threading.Semaphore(depth), []

    def done(result):
        if result.exception is not None:
            failures.append(result.exception)
        room.release()

    began = time.monotonic()
    for path in paths:
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
work("get", client.get_async)
work("delete", client.delete_async)
client.delete(root)
client.stop()
client.close()
