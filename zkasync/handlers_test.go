package zkasync_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/handler"
	"github.com/zkasync/zkasync-go/zkasync"
)

// handlerKind is a kind of handler for a test.
type handlerKind struct {
	name        string
	oneSequence bool // completions, watch events and states have one common order
	mayBlock    bool
	build       func(t *testing.T) handler.Handler
}

var handlerKinds = []handlerKind{
	{"sequential", true, true, func(*testing.T) handler.Handler { return handler.NewSequential() }},
	{"two queues", false, true, func(*testing.T) handler.Handler { return handler.NewSequential(handler.WithTwoQueues()) }},
	{"inline", true, false, func(*testing.T) handler.Handler { return handler.NewInline() }},
	{"pool", false, true, func(*testing.T) handler.Handler { return handler.NewPool(4) }},
	{"loop", true, true, drivenLoop},
}

func onEachHandler(t *testing.T, test func(t *testing.T, kind handlerKind, h handler.Handler)) {
	onHandlers(t, handlerKinds, test)
}

func onHandlers(t *testing.T, kinds []handlerKind, test func(t *testing.T, kind handlerKind, h handler.Handler)) {
	t.Parallel()
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			test(t, kind, kind.build(t))
		})
	}
}

// drivenLoop returns a Loop that a goroutine of the test runs.
func drivenLoop(t *testing.T) handler.Handler {
	loop := handler.NewLoop()
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = loop.Run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return loop
}

func TestHandlers_KeepTheOrderTheyPromise(t *testing.T) {
	onEachHandler(t, func(t *testing.T, kind handlerKind, h handler.Handler) {
		const paths, each = 4, 250
		c := rooted(t, zkasync.WithHandler(h))
		var j journal
		var all []string
		byPath := make(map[string][]string)
		for i := range paths * each {
			path := fmt.Sprintf("/%d", i%paths)
			line := fmt.Sprintf("%s %04d", path, i)
			c.Exists(t.Context(), path).OnDone(func(*zk.Stat, error) { j.add(line) })
			all = append(all, line)
			byPath[path] = append(byPath[path], line)
		}
		poll(t, "all callbacks", func() bool { return len(j.all()) == len(all) })
		if kind.name != "pool" {
			j.wants(t, all...)
		}
		for path, want := range byPath {
			got := slices.DeleteFunc(j.all(), func(line string) bool { return !strings.HasPrefix(line, path) })
			if !slices.Equal(got, want) {
				t.Errorf("callbacks of %s are in another order", path)
			}
		}
	})
}

func TestHandlers_CallbackMayCallEveryMethod(t *testing.T) {
	onEachHandler(t, func(t *testing.T, _ handlerKind, h handler.Handler) {
		c, err := zkasync.New(sharedRoot(t), zkasync.WithHandler(h))
		if err != nil {
			t.Fatal(err)
		}
		var j journal
		c.OnState(func(change zkasync.StateChange) {
			c.Conn()
			c.Session()
			c.Connected()
			c.StartAsync()
			c.Exists(t.Context(), "/")
			c.OnState(func(zkasync.StateChange) {})()
			j.add(change.State.String())
			if change.State == zkasync.StateConnected {
				c.StopAsync()
			}
		})
		within(t, wait, "start", func() { _ = c.Start(testContext(t)) })
		within(t, wait, "close", func() {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		})
		j.wants(t, "Connecting", "Connected", "Closed")
	})
}

// A callback submits operations, waits, links, unlinks and stops the client.
func TestCallback_CallbackDoesEverything(t *testing.T) {
	blocking := slices.DeleteFunc(slices.Clone(handlerKinds), func(kind handlerKind) bool { return !kind.mayBlock })
	onHandlers(t, blocking, func(t *testing.T, _ handlerKind, h handler.Handler) {
		c := rooted(t, zkasync.WithHandler(h))
		ctx := testContext(t)
		var j journal
		read, stopped := make(chan string, 1), make(chan *future.Future[future.Void], 1)
		c.Create(ctx, "/a", nil).OnDone(func(made zkasync.Created, _ error) {
			set := c.Set(ctx, made.Path, []byte("from a callback"), 0)
			noted(&j, "linked", set)
			if link := set.OnDone(func(zk.Stat, error) { j.add("unlinked") }); !link.Unlink() {
				t.Error("a callback ran while the one that linked it was running")
			}
			if _, err := set.Get(ctx); err != nil {
				t.Error(err)
			}
			node, err := c.Get(ctx, made.Path).Get(ctx)
			if err != nil {
				t.Error(err)
			}
			read <- string(node.Data)
			stopped <- c.StopAsync()
		})
		if got := <-read; got != "from a callback" {
			t.Errorf("read %q", got)
		}
		must(t, <-stopped)
		j.wants(t, "linked")
	})
}
