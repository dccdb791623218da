package cache_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/cache"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// writer changes a tree at random, and remembers by which of its steps each state of a znode was written and deleted.
type writer struct {
	c    *zkasync.Client
	rnd  *rand.Rand
	step int64
	made map[version]int64 // the step that has written a state
	gone map[int64]int64   // by czxid: the step that has deleted a znode
	live map[string]int64  // by path: the czxid of a znode that exists
}

// version is a state of a znode.
type version struct{ czxid, mzxid int64 }

func newWriter(c *zkasync.Client, seed uint64) *writer {
	return &writer{c, rand.New(rand.NewPCG(seed, 1)), 0, make(map[version]int64), make(map[int64]int64), make(map[string]int64)}
}

// write tries one random change below folder. It may fail, for example because the znode does not exist.
func (w *writer) write(ctx context.Context, folder string) {
	w.step++
	path := fmt.Sprintf("%s/%d", folder, w.rnd.IntN(4))
	if w.rnd.IntN(2) == 0 {
		path = fmt.Sprintf("%s/%d", path, w.rnd.IntN(3))
	}
	data := fmt.Appendf(nil, "%s step %d", folder, w.step)
	switch w.rnd.IntN(5) {
	case 0, 1:
		if made, err := w.c.Create(ctx, path, data).Get(ctx); err == nil {
			w.made[version{made.Stat.Czxid, made.Stat.Czxid}] = w.step
			w.live[path] = made.Stat.Czxid
		}
	case 2, 3:
		if st, err := w.c.Set(ctx, path, data, zkasync.AnyVersion).Get(ctx); err == nil {
			w.made[version{st.Czxid, st.Mzxid}] = w.step
		}
	case 4:
		if _, err := w.c.Delete(ctx, path, zkasync.AnyVersion).Get(ctx); err == nil {
			w.gone[w.live[path]] = w.step
		}
	}
}

// steps checks that events come in the order of the writer's steps.
func (w *writer) steps(t testing.TB, events []cache.Event) {
	t.Helper()
	last, seen := int64(0), 0
	for _, e := range events {
		step := int64(0)
		switch e.Kind {
		case cache.Created, cache.Changed:
			step = w.made[version{e.New.Stat.Czxid, e.New.Stat.Mzxid}]
		case cache.Deleted:
			step = w.gone[e.Old.Stat.Czxid]
		}
		if step == 0 {
			continue // somebody else's change
		}
		seen++
		if step < last {
			t.Errorf("%v %v of step %d comes after step %d", e.Kind, e.Path, step, last)
		}
		last = max(last, step)
	}
	if seen == 0 {
		t.Error("none of the writer's steps was reported")
	}
}

// follow collects the events of a cache in the background, and calls each for each. events waits until the cache has ended.
func follow(t testing.TB, k *cache.Cache, each func(cache.Event)) (events func() []cache.Event) {
	t.Helper()
	var all []cache.Event
	done := make(chan struct{})
	s := k.Subscribe()
	go func() {
		defer close(done)
		for e, err := range s.All(context.Background()) {
			if err != nil {
				return
			}
			all = append(all, e)
			each(e)
		}
	}()
	return func() []cache.Event {
		<-done
		return all
	}
}

// tree reads a tree with a client, in the format of shown.
func tree(t testing.TB, c *zkasync.Client, root string) string {
	t.Helper()
	must(t, c.Sync(t.Context(), root))
	r := told{t: t, entries: make(map[string]cache.Entry)}
	var read func(path string)
	read = func(path string) {
		n, err := get(c.Get(t.Context(), path))
		if errors.Is(err, zk.ErrNoNode) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		r.entries[path] = cache.Entry{Path: path, Data: n.Data, Stat: n.Stat}
		for _, name := range must(t, c.Children(t.Context(), path)).Names {
			if path == "/" {
				path = ""
			}
			read(path + "/" + name)
		}
	}
	read(root)
	return r.String()
}

// Several writers write at random. Events must come in the order of the changes, each must fit the state before it, and together
// they must add up to the contents of the cache and of the server. When an event comes, the cache has its state or a newer one.
func TestCache_ReportsChangesInOrder(t *testing.T) {
	t.Parallel()
	t.Run("real", func(t *testing.T) {
		t.Parallel()
		c, other := place(t)
		tellsInOrder(t, c, other)
	})
	for _, version := range []string{"3.6.4", "3.8.0", "3.9.5"} { // some of these send the zxid with an event, others do not
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			srv, c := inMemory(t, zktest.WithVersion(version))
			tellsInOrder(t, c, connect(t, srv.Addr(), srv.Options()...))
		})
	}
}

func tellsInOrder(t *testing.T, c, other *zkasync.Client) {
	t.Helper()
	for i := range 3 {
		create(t, other, fmt.Sprintf("/tree/%d", i), "")
	}
	k := open(t, c, "/tree")
	events := follow(t, k, func(e cache.Event) {
		if e.Kind == cache.Synced {
			return
		}
		if now, ok := k.Get(e.Path); ok && e.New.Path != "" && now.Stat.Mzxid < e.New.Stat.Mzxid {
			t.Errorf("the event is %v %q, but the cache has %q", e.Kind, line(e.New), line(now))
		}
	})
	var writers []*writer
	var writing sync.WaitGroup
	for i := range 3 {
		w := newWriter(other, uint64(i)+1)
		writers = append(writers, w)
		writing.Go(func() {
			for range 1500 {
				w.write(t.Context(), fmt.Sprintf("/tree/%d", i))
			}
		})
	}
	writing.Wait()
	must(t, k.Sync(t.Context()))
	got := shown(k)
	if want := tree(t, other, "/tree"); got != want {
		t.Errorf("the cache has\n%s\nthe server has\n%s", got, want)
	}
	k.Close()
	all := events()
	r := told{t: t}
	for _, e := range all {
		if e.Kind != cache.Synced {
			r.add(e)
			r.ordered(e)
		}
	}
	if r.String() != got {
		t.Errorf("the events add up to\n%s\nthe cache has\n%s", r.String(), got)
	}
	for _, w := range writers {
		w.steps(t, all)
	}
}

// convergence runs writers and causes faults, and checks that the cache ends up with the server's contents, and that its events
// add up to the same.
func convergence(t *testing.T, c, other *zkasync.Client, seed uint64, rounds int, fault func(rnd *rand.Rand)) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 2))
	k := cache.Open(c, "/tree") // not waiting for the first load, so that faults hit it as well
	t.Cleanup(k.Close)
	events := follow(t, k, func(cache.Event) {})
	until, stop := context.WithCancel(t.Context())
	var writing sync.WaitGroup
	for i := range 3 {
		w := newWriter(other, seed*10+uint64(i))
		writing.Go(func() {
			for until.Err() == nil {
				ctx, cancel := context.WithTimeout(until, time.Second)
				w.write(ctx, "/tree")
				if w.rnd.IntN(50) == 0 { // the root itself
					if w.rnd.IntN(2) == 0 {
						_, _ = other.DeleteAll(ctx, "/tree").Get(ctx)
					}
					_, _ = other.Create(ctx, "/tree", []byte("root")).Get(ctx)
				}
				cancel()
			}
		})
	}
	for range rounds {
		fault(rnd)
	}
	stop()
	writing.Wait()
	var got, want string
	poll(t, "the cache has the server's contents", func() bool {
		must(t, k.Sync(t.Context()))
		got, want = shown(k), tree(t, other, "/tree")
		return got == want && k.Current()
	})
	must(t, k.Sync(t.Context()))
	k.Close()
	r := told{t: t}
	for _, e := range events() {
		if e.Kind != cache.Synced {
			r.add(e)
		}
	}
	if r.String() != want {
		t.Errorf("seed %d: the events add up to\n%s\nthe server has\n%s", seed, r.String(), want)
	}
}

func TestCache_ConvergesUnderCuts(t *testing.T) {
	t.Parallel()
	addr, root := zkserver.Shared(t).Addr(), zkserver.Root(t)
	p := zkproxy.Run(t, addr)
	other := connect(t, addr+root)
	must(t, other.EnsurePath(t.Context(), "/"))
	c := connect(t, p.Addr()+root, zkasync.WithSessionTimeout(2*time.Second))
	seed := rand.Uint64N(1 << 30)
	convergence(t, c, other, seed, 30, func(rnd *rand.Rand) {
		select {
		case <-p.CutAfter(zkproxy.Direction(rnd.IntN(2)), rnd.IntN(200), rnd.IntN(20)):
		case <-time.After(300 * time.Millisecond):
			p.Cut()
		}
	})
}

func TestCache_ConvergesOverRestarts(t *testing.T) {
	t.Parallel()
	srv := check.Run(t)
	c, other := connect(t, srv.Addr()), connect(t, srv.Addr())
	convergence(t, c, other, 7, 3, func(rnd *rand.Rand) {
		if err := srv.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := srv.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(rnd.IntN(500)) * time.Millisecond) // give the writers time
	})
}

// faultsInMemory returns a function that makes a random fault strike the cache's client, whose server is in memory.
func faultsInMemory(srv *zktest.Server, c *zkasync.Client) func(*rand.Rand) {
	ops := []zktest.Op{zktest.OpGetData, zktest.OpMultiRead, zktest.OpGetChildren2, zktest.OpSetWatches2, zktest.OpAddWatch, zktest.OpSync}
	return func(rnd *rand.Rand) {
		id := c.Session().ID
		switch rnd.IntN(6) {
		case 0:
			srv.Drop(id)
		case 1:
			_ = srv.Expire(id) // fails if the session is over already
		default:
			do := []zktest.Action{zktest.Drop(), zktest.Fail(zkasync.ErrThrottled), zktest.Cut(rnd.IntN(30))}[rnd.IntN(3)]
			in := srv.Fault(zktest.Fault{Op: ops[rnd.IntN(len(ops))], Session: id, Skip: rnd.IntN(5), Count: 1 + rnd.IntN(2),
				When: []zktest.When{zktest.Before, zktest.After}[rnd.IntN(2)], Do: do})
			ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
			_ = in.Wait(ctx, 1) // in vain if no such request comes
			cancel()
			in.Remove()
		}
	}
}

func TestCache_ConvergesUnderFaults(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]zktest.Option{
		"3.8.0":             nil,
		"3.6.0":             {zktest.WithVersion("3.6.0")},
		"3.9.2":             {zktest.WithVersion("3.9.2")},
		"ClickHouse Keeper": {zktest.WithClickHouseKeeper()},
		"shuffled":          {zktest.WithShuffledOrder(3)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv, c := inMemory(t, opts...)
			other := connect(t, srv.Addr(), srv.Options()...)
			convergence(t, c, other, rand.Uint64N(1<<30), 60, faultsInMemory(srv, c))
		})
	}
}
