package main

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// othersSource are the programs with clients of other languages. Each creates, reads and deletes znodes, and prints what that
// took; the start of the process is not in it.
//
//go:embed others
var othersSource embed.FS

// The works that all clients do, in this order. All znodes are read once, so that Java has compiled itself, and then
// othersReads times, which count.
const (
	workCreate = "create"
	workGet    = "get"
	workDelete = "delete"
)

var workNames = []string{workCreate, workGet, workDelete}

const (
	othersRoot  = "/bench-others"
	othersShare = 10 // so many times fewer znodes than the tree has
	othersReads = 5  // with many in flight, one reading of all takes zkasync less than 50 ms
	othersTop   = 2  // rounds at most
)

// task is what every client is given.
type task struct {
	addr, root string
	n, depth   int
}

func (k task) path(i int) string { return fmt.Sprintf("%s/%07d", k.root, i) }

// took is what the works took, by name.
type took map[string]time.Duration

// contender is a client that does a task.
type contender struct {
	name string
	do   func(ctx context.Context, k task) (took, error)
}

// contestsOfGo are so many contenders at the front: those in this process.
const contestsOfGo = 3

// contenders are those that are installed, each made ready in a directory; what is missing is told.
func contenders(ctx context.Context, dir string) []contender {
	all := []contender{
		{"zkasync", doAsync},
		{"zkasync, writes by Bulk", doBulk},
		{"go-zookeeper, " + strconv.Itoa(treeDepth) + " goroutines", doBlocking},
	}
	for _, other := range []struct {
		name  string
		ready func(ctx context.Context, dir string) ([]string, error)
	}{
		{"Java's asynchronous client", readyJava}, {"C client", readyC}, {"kazoo", readyKazoo},
	} {
		command, err := other.ready(ctx, dir)
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s is not measured: %v\n", other.name, err)
			continue
		}
		all = append(all, contender{other.name, program(command)})
	}
	return all
}

// unpack writes a program into a directory.
func unpack(dir, name string) (string, error) {
	source, err := othersSource.ReadFile("others/" + name)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, name)
	return path, os.WriteFile(path, source, 0o600)
}

func readyKazoo(ctx context.Context, dir string) ([]string, error) {
	path, err := unpack(dir, "asyncclient.py")
	if err != nil {
		return nil, err
	}
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.CommandContext(ctx, python, "-c", "import kazoo.client").Run() == nil {
			return []string{python, path}, nil
		}
	}
	return nil, errors.New("there is no kazoo (Debian: python3-kazoo)")
}

func readyJava(ctx context.Context, dir string) ([]string, error) {
	path, err := unpack(dir, "AsyncClient.java")
	if err != nil {
		return nil, err
	}
	jars, err := zkserver.ClassPath()
	if err != nil {
		return nil, err
	}
	class := strings.Join(jars, string(filepath.ListSeparator))
	if err := compile(ctx, "javac", "-d", dir, "-cp", class, path); err != nil {
		return nil, fmt.Errorf("%w (Debian: default-jdk-headless)", err)
	}
	return []string{"java", "-Dorg.slf4j.simpleLogger.defaultLogLevel=off", "-cp", class + string(filepath.ListSeparator) + dir, "AsyncClient"}, nil
}

func readyC(ctx context.Context, dir string) ([]string, error) {
	path, err := unpack(dir, "client.c")
	if err != nil {
		return nil, err
	}
	out := filepath.Join(dir, "client")
	if err := compile(ctx, "cc", "-O2", "-DTHREADED", "-o", out, path, "-lzookeeper_mt", "-lpthread"); err != nil {
		return nil, fmt.Errorf("%w (Debian: gcc, libzookeeper-mt-dev)", err)
	}
	return []string{out}, nil
}

func compile(ctx context.Context, name string, args ...string) error {
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		line, _, _ := bytes.Cut(bytes.TrimSpace(out), []byte("\n"))
		return fmt.Errorf("%s: %w: %s", name, err, line)
	}
	return nil
}

// program returns what runs a command with a task, and reads what it prints.
func program(command []string) func(ctx context.Context, k task) (took, error) {
	return func(ctx context.Context, k task) (took, error) {
		args := append(command[1:len(command):len(command)], k.addr, k.root, strconv.Itoa(k.n), strconv.Itoa(k.depth), strconv.Itoa(othersReads))
		cmd := exec.CommandContext(ctx, command[0], args...)
		var complaint bytes.Buffer
		cmd.Stderr = &complaint
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("%w: %s", err, bytes.TrimSpace(complaint.Bytes()))
		}
		return readTook(string(out))
	}
}

// readTook reads lines of a work's name and its seconds. Of several lines with one name, the last counts. The time of gets
// is that of one reading of all znodes.
func readTook(text string) (took, error) {
	all := make(took)
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		seconds, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return nil, fmt.Errorf("it prints %q", line)
		}
		all[name] = time.Duration(seconds * float64(time.Second))
	}
	all[workGet] /= othersReads
	for _, name := range workNames {
		if all[name] <= 0 {
			return nil, fmt.Errorf("it does not say what %q took", name)
		}
	}
	return all, nil
}

// doWorks does the works of a client in this process.
func doWorks(create func() error, get func(times int) error, remove func() error) (took, error) {
	all := make(took)
	for _, work := range []struct {
		name string
		run  func() error
	}{
		{workCreate, create},
		{workGet, func() error { return get(1) }},
		{workGet, func() error { return get(othersReads) }},
		{workDelete, remove},
	} {
		d, err := timed(work.run)()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", work.name, err)
		}
		all[work.name] = d
	}
	all[workGet] /= othersReads
	return all, nil
}

// withAsync calls do with a client of zkasync, when there is the parent of the znodes.
func withAsync(ctx context.Context, k task, do func(a *async) (took, error)) (took, error) {
	a, err := newAsync(ctx, k.addr)
	if err != nil {
		return nil, err
	}
	defer a.close()
	if _, err := a.c.Create(ctx, k.root, nil).Get(ctx); err != nil {
		return nil, err
	}
	all, err := do(a)
	if err != nil {
		return nil, err
	}
	_, err = a.c.Delete(ctx, k.root, zkasync.AnyVersion).Get(ctx)
	return all, err
}

func doAsync(ctx context.Context, k task) (took, error) {
	data := make([]byte, base.size)
	return withAsync(ctx, k, func(a *async) (took, error) {
		return doWorks(
			func() error {
				return each(k.n, func(i int) *future.Future[zkasync.Created] { return a.c.Create(ctx, k.path(i), data) })
			},
			func(times int) error {
				return each(k.n*times, func(i int) *future.Future[zkasync.Node] { return a.c.Get(ctx, k.path(i%k.n)) })
			},
			func() error {
				return each(k.n, func(i int) *future.Future[future.Void] { return a.c.Delete(ctx, k.path(i), zkasync.AnyVersion) })
			})
	})
}

func doBulk(ctx context.Context, k task) (took, error) {
	data := make([]byte, base.size)
	return withAsync(ctx, k, func(a *async) (took, error) {
		bulk := a.c.Bulk(ctx)
		return doWorks(
			func() error {
				return each(k.n, func(i int) *future.Future[zkasync.Created] { return bulk.Create(k.path(i), data) })
			},
			func(times int) error {
				return each(k.n*times, func(i int) *future.Future[zkasync.Node] { return a.c.Get(ctx, k.path(i%k.n)) })
			},
			func() error {
				return each(k.n, func(i int) *future.Future[future.Void] { return bulk.Delete(k.path(i), zkasync.AnyVersion) })
			})
	})
}

func doBlocking(ctx context.Context, k task) (took, error) {
	b, err := newBlocking(ctx, k.addr, 0)
	if err != nil {
		return nil, err
	}
	defer b.close()
	if _, err := b.conn.Create(k.root, nil, 0, zk.WorldACL(zk.PermAll)); err != nil {
		return nil, err
	}
	data := make([]byte, base.size)
	all, err := doWorks(
		func() error {
			return eachBlocking(k.n, func(i int) error {
				_, err := b.conn.Create(k.path(i), data, 0, zk.WorldACL(zk.PermAll))
				return err
			})
		},
		func(times int) error {
			return eachBlocking(k.n*times, func(i int) error {
				_, _, err := b.conn.Get(k.path(i % k.n))
				return err
			})
		},
		func() error { return eachBlocking(k.n, func(i int) error { return b.conn.Delete(k.path(i), -1) }) })
	if err != nil {
		return nil, err
	}
	return all, b.conn.Delete(k.root, -1)
}

// eachBlocking does n calls, each on a goroutine of its own, treeDepth at a time.
func eachBlocking(n int, call func(i int) error) error {
	failures := make(chan error, treeDepth) // also the room
	for range treeDepth {
		failures <- nil
	}
	var failure error
	take := func() {
		if err := <-failures; err != nil {
			failure = err
		}
	}
	for i := range n {
		take()
		go func() { failures <- call(i) }()
	}
	for range treeDepth {
		take()
	}
	return failure
}

// contest is what one client took, over the rounds.
type contest struct {
	name string
	took map[string]series // seconds, by work
}

// measureOthers has all clients do the same on one server, one after the other, in each round.
func (r *report) measureOthers(ctx context.Context) error {
	addr, err := r.servers.addr(ctx, serverReal, base)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "bench-others-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	r.contestants = max(1, r.settings.tree/othersShare)
	all := contenders(ctx, dir)
	for range min(r.rounds, othersTop) {
		for i, c := range all {
			k := task{addr, othersRoot, r.contestants, treeDepth}
			taken, err := c.do(ctx, k)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			if i == len(r.contests) {
				r.contests = append(r.contests, contest{c.name, make(map[string]series)})
			}
			for _, name := range workNames {
				r.contests[i].took[name] = append(r.contests[i].took[name], taken[name].Seconds())
				fmt.Printf("BenchmarkOthers/client=%s/op=%s/depth=%d %d %.1f ns/op\n", strings.ReplaceAll(c.name, " ", "-"), name, treeDepth,
					k.n, float64(taken[name])/float64(k.n))
			}
		}
	}
	return nil
}

func (r *report) writeOthers(b *strings.Builder) {
	if len(r.contests) == 0 {
		return
	}
	fmt.Fprintf(b, "\n## Beside other clients\n\n%s znodes of 100 B below one parent, created, read and deleted on a real server, %s requests in flight, microseconds each.\n\n",
		number(float64(r.contestants)), number(treeDepth))
	fmt.Fprintln(b, "| client | create | get | delete |\n|---|--:|--:|--:|")
	for _, c := range r.contests {
		fmt.Fprintf(b, "| %s |", c.name)
		for _, name := range workNames {
			each := make(series, 0, len(c.took[name]))
			for _, seconds := range c.took[name] {
				each = append(each, seconds*1e6/float64(r.contestants))
			}
			fmt.Fprintf(b, " %.1f (%.1f–%.1f) |", each.median(), each.min(), each.max())
		}
		fmt.Fprintln(b)
	}
}
