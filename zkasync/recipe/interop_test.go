package recipe_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

// peer is a process that uses the recipes of another client library, see testdata.
type peer struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

func startPeer(t *testing.T, name string, args ...string) *peer {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.WaitDelay = 10 * time.Second
	var trouble bytes.Buffer
	cmd.Stderr = &trouble
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil && t.Failed() {
			t.Logf("%s: %v\n%s", name, err, trouble.String())
		}
	})
	return &peer{t, cmd, in, bufio.NewScanner(out)}
}

// do sends a command to the peer and checks its answer.
func (p *peer) do(want, format string, args ...any) {
	p.t.Helper()
	if got := p.ask(format, args...); got != want {
		p.t.Fatalf(format+": %s, want %s", append(args, got, want)...)
	}
}

// ask sends a command to the peer and returns its answer.
func (p *peer) ask(format string, args ...any) string {
	p.t.Helper()
	command := fmt.Sprintf(format, args...)
	fmt.Fprintln(p.in, command)
	if !p.out.Scan() {
		p.t.Fatalf("%s: no answer: %v", command, p.out.Err())
	}
	return p.out.Text()
}

func startKazoo(t *testing.T, servers string) *peer {
	t.Helper()
	return startPython(t, "testdata/kazoo_peer.py", servers)
}

// startPython starts a program that uses kazoo.
func startPython(t *testing.T, args ...string) *peer {
	t.Helper()
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(python, "-c", "import kazoo.client").Run() == nil {
			return startPeer(t, python, args...)
		}
	}
	t.Fatal("kazoo is not installed; install it with: apt-get install python3-kazoo (or: pip install kazoo)")
	return nil
}

// curatorJars are the libraries that Curator's recipes need, by their names in Debian.
var curatorJars = []string{"curator-client", "curator-framework", "curator-recipes", "guava", "slf4j-api", "slf4j-nop",
	"zookeeper", "zookeeper-jute", "netty-all", "netty-handler", "netty-transport", "netty-common", "netty-buffer", "netty-resolver",
	"netty-codec", "netty-transport-native-unix-common", "netty-transport-native-epoll", "snappy-java", "metrics-core"}

func startCurator(t *testing.T, servers string) *peer {
	t.Helper()
	return startJava(t, "testdata/CuratorPeer.java", servers)
}

// startJava starts a program that uses Curator.
func startJava(t *testing.T, args ...string) *peer {
	t.Helper()
	var jars []string
	for _, jar := range curatorJars {
		jars = append(jars, "/usr/share/java/"+jar+".jar")
	}
	class := strings.Join(jars, ":")
	if exec.Command("javap", "-cp", class, "org.apache.curator.framework.recipes.locks.InterProcessMutex").Run() != nil {
		t.Fatal("Curator or a Java compiler is not installed; install them with: apt-get install libcurator-recipes-java libcurator-framework-java libcurator-client-java default-jdk-headless")
	}
	return startPeer(t, "java", append([]string{"-cp", class}, args...)...)
}

// sides is a recipe of a peer and the same recipe of ours.
type sides struct {
	name  string
	peer  func(t *testing.T, servers string) *peer
	kind  string // the peer's name for its recipe
	mine  func(c *zkasync.Client, path string) func() *future.Future[*recipe.Held]
	apart bool // the two do not exclude each other
}

func mutex(n recipe.Naming) func(*zkasync.Client, string) func() *future.Future[*recipe.Held] {
	return func(c *zkasync.Client, path string) func() *future.Future[*recipe.Held] {
		return func() *future.Future[*recipe.Held] {
			return recipe.NewMutex(c, path, recipe.WithNaming(n)).Lock(context.Background())
		}
	}
}

func writer(n recipe.Naming) func(*zkasync.Client, string) func() *future.Future[*recipe.Held] {
	return func(c *zkasync.Client, path string) func() *future.Future[*recipe.Held] {
		return func() *future.Future[*recipe.Held] {
			return recipe.NewRWMutex(c, path, recipe.WithNaming(n)).Lock(context.Background())
		}
	}
}

func reader(n recipe.Naming) func(*zkasync.Client, string) func() *future.Future[*recipe.Held] {
	return func(c *zkasync.Client, path string) func() *future.Future[*recipe.Held] {
		return func() *future.Future[*recipe.Held] {
			return recipe.NewRWMutex(c, path, recipe.WithNaming(n)).RLock(context.Background())
		}
	}
}

func candidate(n recipe.Naming) func(*zkasync.Client, string) func() *future.Future[*recipe.Held] {
	return func(c *zkasync.Client, path string) func() *future.Future[*recipe.Held] {
		return func() *future.Future[*recipe.Held] {
			return recipe.NewElection(c, path, recipe.WithNaming(n)).Campaign(context.Background(), []byte("zkasync"))
		}
	}
}

var pairs = []sides{
	{name: "kazoo Lock", peer: startKazoo, kind: "mutex", mine: mutex(recipe.Kazoo)},
	{name: "kazoo Lock with extra_lock_patterns", peer: startKazoo, kind: "tolerant", mine: mutex(recipe.Curator)},
	{name: "kazoo WriteLock, writer", peer: startKazoo, kind: "write", mine: writer(recipe.Kazoo)},
	{name: "kazoo WriteLock, reader", peer: startKazoo, kind: "write", mine: reader(recipe.Kazoo)},
	{name: "kazoo ReadLock, writer", peer: startKazoo, kind: "read", mine: writer(recipe.Kazoo)},
	{name: "kazoo ReadLock, reader", peer: startKazoo, kind: "read", mine: reader(recipe.Kazoo), apart: true},
	{name: "kazoo Election", peer: startKazoo, kind: "election", mine: candidate(recipe.Kazoo)},
	{name: "Curator InterProcessMutex", peer: startCurator, kind: "mutex", mine: mutex(recipe.Curator)},
	{name: "Curator write lock, writer", peer: startCurator, kind: "write", mine: writer(recipe.Curator)},
	{name: "Curator write lock, reader", peer: startCurator, kind: "write", mine: reader(recipe.Curator)},
	{name: "Curator read lock, writer", peer: startCurator, kind: "read", mine: writer(recipe.Curator)},
	{name: "Curator read lock, reader", peer: startCurator, kind: "read", mine: reader(recipe.Curator), apart: true},
	{name: "Curator LeaderLatch", peer: startCurator, kind: "election", mine: candidate(recipe.Curator)},
	{name: "Curator LeaderSelector", peer: startCurator, kind: "selector", mine: candidate(recipe.CuratorSelector)},
}

// Each side waits while the other holds the lock, and gets it when the other releases it.
func TestInterop_ExcludeEachOther(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	peers := map[string]*peer{"kazoo": startKazoo(t, servers), "Curator": startCurator(t, servers)}
	for i, pair := range pairs {
		t.Run(pair.name, func(t *testing.T) {
			path := fmt.Sprintf("/%d", i)
			p := peers[strings.Fields(pair.name)[0]]
			p.t = t
			lock := pair.mine(c, path)
			p.do("got", "acquire a %s %s 20000", pair.kind, path)
			mine := lock()
			if pair.apart {
				must(t, mine)
			} else {
				poll(t, "two in the queue", func() bool { return len(names(t, c, path)) == 2 })
				must(t, c.Sync(t.Context(), path))
				if mine.Ready() {
					t.Fatal("two hold the lock at once")
				}
			}
			p.do("released", "release a")
			held := must(t, mine)
			if !pair.apart {
				p.do("timeout", "acquire b %s %s 300", pair.kind, path)
			}
			must(t, held.Unlock())
			p.do("got", "acquire c %s %s 20000", pair.kind, path)
			p.do("released", "release c")
		})
	}
}

// A peer that is killed keeps the lock until its session has ended, and not longer.
func TestInterop_PeerIsKilled(t *testing.T) {
	t.Parallel()
	for _, pair := range []sides{pairs[0], pairs[7], pairs[12]} {
		t.Run(pair.name, func(t *testing.T) {
			t.Parallel()
			servers, c := place(t)
			p := pair.peer(t, servers)
			p.do("got", "acquire a %s /lock 20000", pair.kind)
			mine := pair.mine(c, "/lock")()
			poll(t, "two in the queue", func() bool { return len(names(t, c, "/lock")) == 2 })
			if err := p.cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			must(t, must(t, mine).Unlock())
		})
	}
}

// We see the identifiers of the peers.
func TestInterop_SeesIdentifiers(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	kazoo, curator := startKazoo(t, servers), startCurator(t, servers)
	kazoo.do("got", "acquire a mutex /kazoo 20000")
	all := must(t, recipe.NewMutex(c, "/kazoo").Contenders(t.Context()))
	if len(all) != 1 || all[0].Identifier != "kazoo" {
		t.Errorf("contenders %+v", all)
	}
	curator.do("got", "acquire a election /curator 20000")
	if leader := must(t, recipe.NewElection(c, "/curator").Leader(t.Context())); leader.Identifier != "curator" {
		t.Errorf("leader %+v", leader)
	}
	kazoo.do("released", "release a")
	curator.do("released", "release a")
}

func TestInterop_Counters(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	kazoo, curator := startKazoo(t, servers), startCurator(t, servers)
	add := func(path string, encoding recipe.Encoding, delta, want int64) {
		t.Helper()
		if got := must(t, recipe.NewCounter(c, path, encoding).Add(t.Context(), delta)); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
	kazoo.do("7", "add text /text 7")
	add("/text", recipe.Text, -10, -3)
	kazoo.do("-1", "add text /text 2")
	curator.do("7", "add int32 /int32 7")
	add("/int32", recipe.Int32, -10, -3)
	kazoo.do("-1", "add int32 /int32 2")
	curator.do("0", "add int32 /int32 1")
	add("/int64", recipe.Int64, 1<<40, 1<<40)
	curator.do(fmt.Sprint(int64(1<<40-1)), "add int64 /int64 -1")
	add("/int64", recipe.Int64, 1, 1<<40)
}

func TestInterop_Semaphore(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	curator := startCurator(t, servers)
	s := recipe.NewSemaphore(c, "/semaphore", 3)
	curator.do("got", "acquire a semaphore3 /semaphore 20000")
	one, two := must(t, s.Acquire(t.Context())), must(t, s.Acquire(t.Context()))
	curator.do("timeout", "acquire b semaphore3 /semaphore 300")
	waits := s.Acquire(t.Context())
	poll(t, "its znode among the leases", func() bool { return len(names(t, c, "/semaphore/leases")) == 4 })
	if waits.Ready() {
		t.Error("four hold a semaphore of three")
	}
	curator.do("released", "release a")
	three := must(t, waits)
	must(t, one.Unlock())
	curator.do("got", "acquire c semaphore3 /semaphore 20000")
	curator.do("released", "release c")
	must(t, two.Unlock())
	must(t, three.Unlock())
}
