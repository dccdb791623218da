package zkasync_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"weak"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// writer has the writes that both a Client and a Bulk can make. Their futures complete with a text that describes the outcome.
type writer interface {
	create(path string, data []byte, opts ...zkasync.CreateOption) *future.Future[string]
	set(path string, data []byte, version int32) *future.Future[string]
	delete(path string, version int32) *future.Future[string]
}

type singly struct{ c *zkasync.Client }

func (w singly) create(path string, data []byte, opts ...zkasync.CreateOption) *future.Future[string] {
	return madeText(w.c.Create(context.Background(), path, data, opts...))
}

func (w singly) set(path string, data []byte, version int32) *future.Future[string] {
	return statText(w.c.Set(context.Background(), path, data, version))
}

func (w singly) delete(path string, version int32) *future.Future[string] {
	return goneText(w.c.Delete(context.Background(), path, version))
}

type inBulk struct{ b *zkasync.Bulk }

func (w inBulk) create(path string, data []byte, opts ...zkasync.CreateOption) *future.Future[string] {
	return madeText(w.b.Create(path, data, opts...))
}

func (w inBulk) set(path string, data []byte, version int32) *future.Future[string] {
	return statText(w.b.Set(path, data, version))
}

func (w inBulk) delete(path string, version int32) *future.Future[string] {
	return goneText(w.b.Delete(path, version))
}

func madeText(f *future.Future[zkasync.Created]) *future.Future[string] {
	return future.Then(f, func(made zkasync.Created) (string, error) { return "made " + made.Path, nil })
}

func statText(f *future.Future[zk.Stat]) *future.Future[string] {
	return future.Then(f, func(st zk.Stat) (string, error) {
		return fmt.Sprint("set, version ", st.Version, " length ", st.DataLength, " children ", st.NumChildren, " ", st.Cversion), nil
	})
}

func goneText(f *future.Future[future.Void]) *future.Future[string] {
	return future.Then(f, func(future.Void) (string, error) { return "gone", nil })
}

// randomWrites makes a sequence of writes of only a few paths, so that many are refused or depend on each other, and returns their
// outcomes.
func randomWrites(t *testing.T, w writer, root string, seed uint64) (told []string) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	names := []string{"a", "b", "a/a", "a/b", "b/a", "b/a/a", "c", "locked", "locked/a"}
	all := []*future.Future[string]{w.create(root+"/locked", nil, zkasync.WithACL(zk.WorldACL(zk.PermRead)))}
	for range 150 {
		path := root + "/" + names[r.IntN(len(names))]
		data := bytes.Repeat([]byte("x"), r.IntN(10))
		switch version := int32(r.IntN(4) - 1); r.IntN(8) {
		case 0, 1:
			all = append(all, w.delete(path, version))
		case 2, 3:
			all = append(all, w.set(path, data, version))
		case 4:
			all = append(all, w.create(path+"-", data, zkasync.Sequential()))
		case 5:
			all = append(all, w.create(root+"/e", data, zkasync.Ephemeral()))
		default:
			all = append(all, w.create(path, data))
		}
	}
	for _, f := range all {
		text, err := f.Get(t.Context())
		if err != nil {
			text = err.Error()
		}
		told = append(told, strings.ReplaceAll(text, root, ""))
	}
	return told
}

// dump returns a tree as text, with everything in it that does not change from run to run.
func dump(t *testing.T, c *zkasync.Client, path string) string {
	t.Helper()
	n := must(t, c.Get(t.Context(), path))
	text := fmt.Sprintf("%s %d %d %q\n", path[strings.IndexByte(path[1:], '/')+1:], n.Stat.Version, n.Stat.Cversion, n.Data)
	for _, name := range slices.Sorted(slices.Values(must(t, c.Children(t.Context(), path)).Names)) {
		text += dump(t, c, path+"/"+name)
	}
	return text
}

// The same writes in the same order give the same results and the same tree, one by one and in bulk.
func TestBulk_GivesTheResultsOfSingleWrites(t *testing.T) {
	t.Parallel()
	c := connect(t, sharedRoot(t))
	old, recent := zktest.Run(t, zktest.WithVersion("3.6.4")), zktest.Run(t, zktest.WithVersion("3.9.3"))
	for name, c := range map[string]*zkasync.Client{"server": c, "3.6": connect(t, old.Addr(), old.Options()...), "3.9": connect(t, recent.Addr(), recent.Options()...)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(40) {
				one, many := fmt.Sprintf("/one%d", seed), fmt.Sprintf("/many%d", seed)
				must(t, c.Create(t.Context(), one, nil))
				must(t, c.Create(t.Context(), many, nil))
				want, got := randomWrites(t, singly{c}, one, seed), randomWrites(t, inBulk{c.Bulk(t.Context())}, many, seed)
				for i := range want {
					if got[i] != want[i] {
						t.Fatalf("seed %d, write %d: %q, want %q", seed, i, got[i], want[i])
					}
				}
				if got, want := dump(t, c, many), dump(t, c, one); strings.ReplaceAll(got, many, one) != want {
					t.Fatalf("seed %d: the tree is\n%s, want\n%s", seed, got, want)
				}
			}
		})
	}
}

// Somebody else creates and deletes the same znodes. The successes must add up: each znode has been deleted as often as it was
// created, or once less if it exists.
func TestBulk_BesideOthers(t *testing.T) {
	t.Parallel()
	root := sharedRoot(t)
	c, other := connect(t, root), connect(t, root)
	const znodes, writes = 40, 6000
	var there [znodes]atomic.Int32
	run := func(w writer, seed uint64) *future.Future[[]future.Result[string]] {
		r := rand.New(rand.NewPCG(seed, 2))
		var all []*future.Future[string]
		for range writes {
			i := r.IntN(znodes)
			path := fmt.Sprintf("/n%d", i)
			var f *future.Future[string]
			step := int32(1)
			if r.IntN(2) == 0 {
				f = w.create(path, nil)
			} else {
				f, step = w.delete(path, zkasync.AnyVersion), -1
			}
			_ = future.Then(f, func(string) (future.Void, error) {
				there[i].Add(step)
				return future.Void{}, nil
			})
			all = append(all, f)
		}
		return future.Settle(all...)
	}
	mine, theirs := run(inBulk{c.Bulk(t.Context())}, 1), run(singly{other}, 2)
	for _, r := range append(must(t, mine), must(t, theirs)...) {
		if r.Err != nil && !errors.Is(r.Err, zk.ErrNodeExists) && !errors.Is(r.Err, zk.ErrNoNode) {
			t.Fatal(r.Err)
		}
	}
	for i := range there {
		st := must(t, c.Exists(t.Context(), fmt.Sprintf("/n%d", i)))
		if n := there[i].Load(); (st != nil) != (n == 1) || n < 0 || n > 1 {
			t.Errorf("znode %d was created %d times more often than deleted; its Stat is %v", i, n, st)
		}
	}
}

// bulkServer starts a server in memory, and returns it with a client of it.
func bulkServer(t *testing.T, opts ...zkasync.Option) (*zktest.Server, *zkasync.Client) {
	t.Helper()
	srv := zktest.Run(t)
	return srv, connect(t, srv.Addr(), append(srv.Options(), opts...)...)
}

// gather makes n creates. All but the first few travel together.
func gather(b *zkasync.Bulk, n int) (all []*future.Future[zkasync.Created]) {
	for i := range n {
		all = append(all, b.Create(fmt.Sprintf("/n%03d", i), nil))
	}
	return all
}

// gatherAt is like gather, but the server holds the first create back meanwhile, so that the transactions are the same each time.
func gatherAt(srv *zktest.Server, b *zkasync.Bulk, n int) []*future.Future[zkasync.Created] {
	first := srv.Fault(zktest.Fault{Op: zktest.OpCreate2, Path: "/n000", Count: 1, Do: zktest.Hold()})
	defer first.Remove()
	return gather(b, n)
}

func multis(srv *zktest.Server) (n int) {
	for _, r := range srv.Requests() {
		if r.Op == zktest.OpMulti {
			n++
		}
	}
	return n
}

// If one write is refused, the others of its transaction succeed, after a few more requests. All callbacks come in the order of the
// calls.
func TestBulk_OneWriteIsRefused(t *testing.T) {
	t.Parallel()
	srv, c := bulkServer(t)
	must(t, c.Create(t.Context(), "/n500", nil))
	before := len(srv.Requests())
	b := c.Bulk(t.Context())
	var order []int
	var last *future.Future[zkasync.Created]
	for i, f := range gatherAt(srv, b, 1000) {
		f.OnDone(func(made zkasync.Created, err error) {
			order = append(order, i)
			if refused := errors.Is(err, zk.ErrNodeExists); refused != (i == 500) {
				t.Errorf("write %d: %+v, %v", i, made, err)
			}
		})
		last = f
	}
	must(t, last)
	must(t, c.Exists(t.Context(), "/"))
	ended := make(chan struct{})
	c.Exists(t.Context(), "/").OnDone(func(*zk.Stat, error) { close(ended) })
	<-ended
	if len(order) != 1000 {
		t.Fatalf("%d callbacks", len(order))
	}
	for i, at := range order {
		if i != at {
			t.Fatalf("callback %d is that of write %d", i, at)
		}
	}
	// Two single writes, 15 full transactions, one with the rest, three requests for the parts of the refused one; and two of this test.
	if n := len(srv.Requests()) - before; n != 2+15+1+3+2 || multis(srv) != 15+1+2 {
		t.Errorf("%d requests, %d transactions", n, multis(srv))
	}
}

// When the connection is lost, each write's error must be true.
func TestBulk_ConnectionIsLost(t *testing.T) {
	t.Parallel()
	for name, when := range map[string]zktest.When{"before": zktest.Before, "after": zktest.After} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv, c := bulkServer(t)
			cut := srv.Fault(zktest.Fault{Op: zktest.OpMulti, Skip: 2, Count: 1, When: when, Do: zktest.Drop()})
			var done, unknown int
			for i, r := range must(t, future.Settle(gatherAt(srv, c.Bulk(t.Context()), 1000)...)) {
				path := fmt.Sprintf("/n%03d", i)
				exists := must(t, c.Exists(t.Context(), path)) != nil
				var e *zkasync.OpError
				switch {
				case r.Err == nil && exists && r.Value.Path == path:
					done++
				case errors.As(r.Err, &e) && e.Path == path && e.Op == "create" && errors.Is(e, zkasync.ErrConnectionLoss) && errors.Is(e, zkasync.ErrOutcomeUnknown):
					unknown++
				case errors.Is(r.Err, zkasync.ErrNotSent) && !exists:
				default:
					t.Errorf("write %d: %v, but the znode exists: %v", i, r.Err, exists)
				}
			}
			if cut.Fired() != 1 || done == 0 || unknown == 0 {
				t.Errorf("cut %d times, %d done, %d unknown", cut.Fired(), done, unknown)
			}
		})
	}
}

// With WithRetry and MarkIdempotent, writes whose outcome is unknown are repeated. If a repetition is refused, the write may have
// been applied before.
func TestBulk_WithRetry(t *testing.T) {
	t.Parallel()
	srv, c := bulkServer(t, zkasync.WithRetry(zkasync.RetryPolicy{}))
	cut := srv.Fault(zktest.Fault{Op: zktest.OpMulti, Skip: 2, Count: 1, When: zktest.After, Do: zktest.Drop()})
	var done, doubtful int
	for i, r := range must(t, future.Settle(gatherAt(srv, c.Bulk(zkasync.MarkIdempotent(t.Context())), 1000)...)) {
		switch {
		case r.Err == nil:
			done++
		case errors.Is(r.Err, zk.ErrNodeExists) && errors.Is(r.Err, zkasync.ErrOutcomeUnknown):
			doubtful++
		default:
			t.Errorf("write %d: %v", i, r.Err)
		}
		if must(t, c.Exists(t.Context(), fmt.Sprintf("/n%03d", i))) == nil {
			t.Errorf("write %d was not repeated", i)
		}
	}
	if cut.Fired() != 1 || done == 0 || doubtful == 0 {
		t.Errorf("cut %d times, %d done, %d doubtful", cut.Fired(), done, doubtful)
	}
}

// Writes that have not been sent fail when the context or the client ends.
func TestBulk_Ends(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		end  func(c *zkasync.Client, cancel context.CancelFunc)
		want error
	}{
		"context": {func(_ *zkasync.Client, cancel context.CancelFunc) { cancel() }, context.Canceled},
		"client":  {func(c *zkasync.Client, _ context.CancelFunc) { _ = c.Close() }, zkasync.ErrClosed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv, c := bulkServer(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			b := c.Bulk(ctx)
			held := srv.Fault(zktest.Fault{Op: zktest.OpCreate2, Do: zktest.Hold()})
			first := gather(b, 5000)
			poll(t, "the first is there", func() bool { return held.Fired() > 0 })
			test.end(c, cancel)
			held.Remove()
			notSent := 0
			all := append(must(t, future.Settle(first...)), must(t, future.Settle(gather(b, 10)...))...)
			for i, r := range all {
				switch {
				case errors.Is(r.Err, test.want) && errors.Is(r.Err, zkasync.ErrNotSent):
					notSent++
				case r.Err != nil && i >= 5000:
					t.Errorf("write %d: %v", i, r.Err)
				}
			}
			if notSent < 800 {
				t.Errorf("only %d writes were not sent", notSent)
			}
		})
	}
}

// Bad input is refused at once and not sent. Creates that cannot be part of a transaction are sent alone.
func TestBulk_OddInput(t *testing.T) {
	t.Parallel()
	srv, c := bulkServer(t, zkasync.WithMaxRequestSize(10_000))
	var none context.Context // counts as Background
	b := c.Bulk(none)
	before := len(srv.Requests())
	fails(t, b.Create("a", nil), zk.ErrInvalidPath)
	fails(t, b.Set("/a/", nil, 0), zk.ErrInvalidPath)
	fails(t, b.Delete("/", zkasync.AnyVersion), zk.ErrInvalidPath)
	fails(t, b.Create("/a", nil, zkasync.Container(), zkasync.Ephemeral()), zk.ErrInvalidFlags)
	if err := fails(t, b.Create("/a", make([]byte, 10_001)), zkasync.ErrNotSent); !strings.Contains(err.Error(), "exceeds the limit of 10000") {
		t.Error(err)
	}
	if n := len(srv.Requests()); n != before {
		t.Errorf("%d requests", n-before)
	}
	held := srv.Fault(zktest.Fault{Op: zktest.OpCreate2, Path: "/first", Do: zktest.Hold()})
	first := b.Create("/first", nil)
	var all []*future.Future[zkasync.Created]
	for i := range 100 {
		all = append(all, b.Create(fmt.Sprintf("/large%d", i), make([]byte, 4000)))
	}
	parents, protected := b.Create("/x/y/z", nil, zkasync.MakeParents()), b.Create("/p", nil, zkasync.Protected())
	held.Remove()
	must(t, first)
	for _, r := range must(t, future.Settle(all...)) {
		if r.Err != nil {
			t.Error(r.Err)
		}
	}
	must(t, parents)
	if made := must(t, protected); !strings.HasPrefix(made.Path, "/_c_") {
		t.Errorf("made %s", made.Path)
	}
}

// A throttled transaction is not executed. Its writes are sent one by one, and succeed.
func TestBulk_Throttled(t *testing.T) {
	t.Parallel()
	srv, c := bulkServer(t)
	refused := srv.Fault(zktest.Fault{Op: zktest.OpMulti, Count: 2, Do: zktest.Fail(zkasync.ErrThrottled)})
	for i, r := range must(t, future.Settle(gatherAt(srv, c.Bulk(t.Context()), 300)...)) {
		if r.Err != nil {
			t.Errorf("write %d: %v", i, r.Err)
		}
	}
	if refused.Fired() != 2 {
		t.Errorf("throttled %d times", refused.Fired())
	}
}

// Many goroutines write, and their callbacks too.
func TestBulk_ConcurrentUse(t *testing.T) {
	t.Parallel()
	_, c := bulkServer(t)
	b := c.Bulk(t.Context())
	const each = 300
	done := make(chan error, 4*2*each)
	for g := range 4 {
		go func() {
			for i := range each {
				path := fmt.Sprintf("/g%d-%d", g, i)
				b.Create(path, nil).OnDone(func(_ zkasync.Created, err error) {
					done <- err
					b.Delete(path, 0).OnDone(func(_ future.Void, err error) { done <- err })
				})
			}
		}()
	}
	for range 4 * 2 * each {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
		case <-time.After(30 * time.Second):
			t.Fatal("a future does not complete")
		}
	}
}

// A Bulk that stays in use does not keep completed writes in memory.
func TestBulk_LetsGo(t *testing.T) {
	t.Parallel()
	srv, c := bulkServer(t)
	b := c.Bulk(t.Context())
	var kept []weak.Pointer[future.Future[zkasync.Created]]
	all := gatherAt(srv, b, 1000)
	for _, f := range all {
		kept = append(kept, weak.Make(f))
	}
	must(t, future.Settle(all...))
	all = nil
	must(t, c.Exists(t.Context(), "/")) // so that the client has finished with the last answer
	poll(t, "the writes are collected", func() bool {
		runtime.GC()
		return !slices.ContainsFunc(kept, func(p weak.Pointer[future.Future[zkasync.Created]]) bool { return p.Value() != nil })
	})
	must(t, b.Delete("/n000", zkasync.AnyVersion))
}
