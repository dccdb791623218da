"""What the program leader does, with kazoo. Usage: leader.py SERVERS NAME"""
import signal
import sys
import threading

from kazoo.client import KazooClient, KazooState
from kazoo.exceptions import CancelledError, KazooException

if len(sys.argv) != 3:
    sys.exit("usage: leader.py SERVERS NAME")
servers, name = sys.argv[1:]
client = KazooClient(servers, timeout=4)
stopped = threading.Event()
lost = threading.Event()
election = client.Election("/leader", identifier=name)


def listen(state):
    if state != KazooState.CONNECTED:
        lost.set()


def stop(*_):
    stopped.set()
    lost.set()
    election.cancel()


def work():
    lost.clear()
    if not client.connected:
        return
    own = "/leader/" + election.lock.node
    stat = client.exists(own)
    if stat is None:
        return
    print("leading, fence", stat.czxid, flush=True)
    n = 0
    while not lost.wait(0.1):
        n += 1
        step = client.transaction()
        step.check(own, version=-1)
        step.set_data("/jobs/last", ("%s %d" % (name, n)).encode())
        for result in step.commit():
            if isinstance(result, Exception):
                print(repr(result), file=sys.stderr)
                return


signal.signal(signal.SIGINT, stop)
signal.signal(signal.SIGTERM, stop)
client.add_listener(listen)
client.start()
client.ensure_path("/jobs/last")
while not stopped.is_set():
    try:
        election.run(work)
    except CancelledError:
        break
    except KazooException as e:
        print(repr(e), file=sys.stderr)
    print("not leading", flush=True)
client.stop()
