package zktest_test

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// kazooProgram does with kazoo what programs do: recipes, watches, transactions, sequences, a second session.
const kazooProgram = `
import sys, threading
from kazoo.client import KazooClient
from kazoo.exceptions import NoNodeError, NodeExistsError, RolledBackError
addr = sys.argv[1]
a, b = KazooClient(hosts=addr, timeout=10), KazooClient(hosts=addr, timeout=10, auth_data=[("digest", "u:p")])
a.start(timeout=10); b.start(timeout=10)
a.ensure_path("/app/locks")
events, seen = [], threading.Event()
@b.ChildrenWatch("/app")
def changed(children):
    events.append(sorted(children))
    if children == ["late", "locks"] or sorted(children) == ["late", "locks"]: seen.set()
a.create("/app/late", b"1", ephemeral=True)
assert seen.wait(10), events
try: b.create("/app/late")
except NodeExistsError: pass
else: raise AssertionError("created twice")
lock = a.Lock("/app/locks/one", "a")
with lock:
    other = b.Lock("/app/locks/one", "b")
    assert not other.acquire(blocking=False)
with b.Lock("/app/locks/one", "b"): pass
q = a.Queue("/app/queue"); q.put(b"x"); assert b.Queue("/app/queue").get() == b"x"
t = a.transaction(); t.create("/app/t", b"1"); t.check("/app/t", 0); t.delete("/app/none")
results = t.commit()
assert isinstance(results[0], RolledBackError) and isinstance(results[2], NoNodeError), results
c = a.Counter("/app/counter"); c += 3; assert b.Counter("/app/counter").value == 3
assert a.server_version()[:2] == (3, 8), a.server_version()
a.set_acls("/app/late", b.get_acls("/app/late")[0])
election = a.Election("/app/election", "a"); done = []
election.run(lambda: done.append(1)); assert done == [1]
a.stop()
assert b.exists("/app/late") is None
a.close(); b.stop(); b.close()
print("ok")
`

func TestPrograms_Kazoo(t *testing.T) {
	t.Parallel()
	runProgram(t, python(t), "-c", kazooProgram)
}

// python returns a Python that has kazoo.
func python(t *testing.T) string {
	t.Helper()
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(python, "-c", "import kazoo.client").Run() == nil {
			return python
		}
	}
	t.Fatal("kazoo is not installed; install it with: apt-get install python3-kazoo (or: pip install kazoo)")
	return ""
}

// curatorJars are what the program needs, as Debian packages them.
var curatorJars = []string{"curator-client", "curator-framework", "curator-recipes", "guava", "slf4j-api", "slf4j-nop", "zookeeper", "zookeeper-jute",
	"netty-all", "netty-handler", "netty-transport", "netty-common", "netty-buffer", "netty-resolver", "netty-codec",
	"netty-transport-native-unix-common", "netty-transport-native-epoll", "snappy-java", "metrics-core"}

func TestPrograms_Curator(t *testing.T) {
	t.Parallel()
	var class []string
	for _, jar := range curatorJars {
		class = append(class, "/usr/share/java/"+jar+".jar")
	}
	if exec.Command("javap", "-cp", strings.Join(class, ":"), "org.apache.curator.framework.recipes.locks.InterProcessMutex").Run() != nil {
		t.Fatal("Curator or a Java compiler is not installed; install them with: make install-zookeeper")
	}
	runProgram(t, "java", "-cp", strings.Join(class, ":"), "testdata/CuratorClient.java")
}

func TestPrograms_C(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "client")
	if out, err := exec.Command("cc", "-DTHREADED", "-Wall", "-o", program, "testdata/client.c", "-lzookeeper_mt").CombinedOutput(); err != nil {
		t.Fatalf("the C client cannot be linked; install it with: make install-zookeeper\n%v\n%s", err, out)
	}
	runProgram(t, program)
}

// runProgram gives a program the address of a server as its last argument; it has to print "ok".
func runProgram(t *testing.T, name string, args ...string) {
	t.Helper()
	srv := zktest.Run(t)
	addr, err := srv.Listen("127.0.0.1:0")
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // Java takes long to start on a busy machine
	defer cancel()
	out, err := exec.CommandContext(ctx, name, append(args, addr)...).CombinedOutput()
	if err != nil || string(out) != "ok\n" {
		t.Errorf("%v\n%s", err, out)
		for _, q := range srv.Requests() {
			t.Log(q)
		}
	}
}

func TestPrograms_GoZookeeper(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t)
	open := func() *zk.Conn {
		c, events, err := zk.Connect([]string{srv.Addr()}, 10*time.Second, zk.WithDialer(srv.Dial), zk.WithLogInfo(false))
		must(t, err)
		t.Cleanup(func() {
			c.Close()
			for range events { // until its loop has ended
			}
		})
		return c
	}
	a, b := open(), open()
	for _, path := range []string{"/app", "/app/a"} {
		_, err := a.Create(path, nil, 0, zk.WorldACL(zk.PermAll))
		must(t, err)
	}
	kids, _, changed, err := b.ChildrenW("/app")
	if err != nil || len(kids) != 1 {
		t.Fatal(kids, err)
	}
	name, err := a.CreateProtectedEphemeralSequential("/app/m-", nil, zk.WorldACL(zk.PermAll))
	must(t, err)
	if e := <-changed; e.Type != zk.EventNodeChildrenChanged {
		t.Error(e)
	}
	results, err := a.Multi(&zk.CheckVersionRequest{Path: "/app", Version: 0}, &zk.SetDataRequest{Path: "/app", Data: []byte("1"), Version: -1})
	if err != nil || results[1].Stat.Version != 1 {
		t.Error(results, err)
	}
	must(t, a.AddAuth("digest", []byte("u:p")))
	_, err = a.Create("/mine", nil, 0, zk.AuthACL(zk.PermAll))
	must(t, err)
	if _, _, err := b.Get("/mine"); err != zk.ErrNoAuth {
		t.Error(err)
	}
	lock := zk.NewLock(a, "/app/lock", zk.WorldACL(zk.PermAll))
	must(t, lock.Lock())
	must(t, lock.Unlock())
	_, _, gone, err := b.ExistsW(name)
	must(t, err)
	must(t, srv.Expire(a.SessionID()))
	if e := <-gone; e.Type != zk.EventNodeDeleted {
		t.Error(e)
	}
}
