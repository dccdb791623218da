"""What the program loader does, with kazoo. Usage: loader.py SERVERS <LINES"""
import sys
from collections import deque

from kazoo.client import KazooClient
from kazoo.exceptions import ConnectionLoss, NodeExistsError, OperationTimeoutError, SessionExpiredError

LOST = (ConnectionLoss, OperationTimeoutError, SessionExpiredError)


def write_again(path, value):
    """Write one value, waiting for each step; repeat it when a connection is lost."""
    def write():
        try:
            client.create(path, value, makepath=True)
        except NodeExistsError:
            client.set(path, value)

    client.retry(write)


def finish(path, value, result):
    try:
        result.get()
    except NodeExistsError:
        client.retry(client.set, path, value)
    except LOST:
        write_again(path, value)


def load():
    loaded = 0
    pending = deque()
    try:
        for line in sys.stdin:
            path, _, value = line.rstrip("\n").partition(" ")
            value = value.encode()
            pending.append((path, value, client.create_async(path, value, makepath=True)))
            if len(pending) == 1000:
                finish(*pending.popleft())
                loaded += 1
        while pending:
            finish(*pending.popleft())
            loaded += 1
    finally:
        print("loaded:", loaded)


if len(sys.argv) != 2:
    sys.exit("usage: loader.py SERVERS <LINES")
client = KazooClient(sys.argv[1])
client.start()
try:
    load()
finally:
    client.stop()
