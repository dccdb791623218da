package recipe_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// layouts are all that a queue may have, those with locks first.
var layouts = []struct {
	name   string
	layout recipe.QueueLayout
	items  string // of the queue at /queue
}{
	{"kazoo, locking", recipe.KazooLockingQueue(), "/queue/entries"},
	{"Curator, locking", recipe.CuratorQueue("/queue-locks"), "/queue"},
	{"kazoo", recipe.KazooQueue(), "/queue"},
	{"Curator", recipe.CuratorQueue(""), "/queue"},
}

const locking = 2 // of them

func values(texts ...string) (all [][]byte) {
	for _, text := range texts {
		all = append(all, []byte(text))
	}
	return all
}

// taken takes an item that has to be a certain one.
func taken(t *testing.T, q *recipe.Queue, want string) *recipe.Item {
	t.Helper()
	item := must(t, q.Take(t.Context()))
	if string(item.Data) != want {
		t.Fatalf("taken: %q, want %q", item.Data, want)
	}
	return item
}

func TestQueue_HandsOutInOrder(t *testing.T) {
	t.Parallel()
	for _, l := range layouts {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			_, c := place(t)
			q := recipe.NewQueue(c, "/queue", l.layout)
			if n := must(t, q.Len(t.Context())); n != 0 {
				t.Errorf("%d items, want none", n)
			}
			first := q.Take(t.Context()) // before there is anything
			if paths := must(t, q.Put(t.Context(), []byte("a"))); len(paths) != 1 || !strings.HasPrefix(paths[0], l.items+"/") {
				t.Errorf("put: %q", paths)
			}
			must(t, must(t, first).Consume(t.Context()))
			must(t, q.PutPriority(t.Context(), 300, values("late")...))
			must(t, q.PutPriority(t.Context(), 200, values("x", "", "z")...))
			must(t, q.PutPriority(t.Context(), 7, values("urgent")...))
			if n := must(t, q.Len(t.Context())); n != 5 {
				t.Errorf("%d items, want 5", n)
			}
			for _, want := range []string{"urgent", "x", "", "z", "late"} {
				item := taken(t, q, want)
				if len(item.Rest) > 0 || item.Context().Err() != nil {
					t.Errorf("%q: rest %q, over %v", want, item.Rest, context.Cause(item.Context()))
				}
				if !must(t, item.Holds(t.Context())) {
					t.Errorf("%q is not held", want)
				}
				must(t, item.Consume(t.Context()))
				if cause := context.Cause(item.Context()); cause != recipe.ErrConsumed {
					t.Errorf("cause %v", cause)
				}
				must(t, item.Release()) // does no harm
				fails(t, item.Consume(t.Context()), recipe.ErrNotHeld, recipe.ErrConsumed)
			}
			if left := names(t, c, l.items); len(left) > 0 && l.items != "/queue" {
				t.Errorf("left: %q", left)
			}
			if must(t, q.Len(t.Context())) != 0 {
				t.Error("items are left")
			}
		})
	}
}

// Many consumers of several values: each item is one's, and calls of one value get theirs in order.
func TestQueue_EachItemIsOnes(t *testing.T) {
	t.Parallel()
	for _, l := range layouts {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			servers, c := place(t)
			const consumers, each = 4, 15
			waiting := make([][]*future.Future[*recipe.Item], consumers)
			for i := range waiting {
				q := recipe.NewQueue(connect(t, servers), "/queue", l.layout)
				for range each {
					waiting[i] = append(waiting[i], q.Take(t.Context()))
				}
			}
			q := recipe.NewQueue(c, "/queue", l.layout)
			for i := range consumers * each {
				must(t, q.Put(t.Context(), fmt.Appendf(nil, "%03d", i)))
			}
			var got []string
			for _, mine := range waiting {
				var last string
				for _, f := range mine {
					item := must(t, f)
					if string(item.Data) == last {
						t.Errorf("%s comes twice", last)
					}
					last = string(item.Data)
					got = append(got, last)
					must(t, item.Consume(t.Context()))
				}
			}
			slices.Sort(got)
			if got = slices.Compact(got); len(got) != consumers*each {
				t.Errorf("%d items, want %d", len(got), consumers*each)
			}
		})
	}
}

func TestQueue_ReleasedAndLostItemsComeBack(t *testing.T) {
	t.Parallel()
	for _, l := range layouts[:locking] {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			servers, c := place(t)
			q, other := recipe.NewQueue(c, "/queue", l.layout), connect(t, servers)
			must(t, q.Put(t.Context(), values("a", "b")...))
			theirs := recipe.NewQueue(other, "/queue", l.layout)
			a := taken(t, theirs, "a")
			b := taken(t, q, "b")
			waits := q.Take(t.Context())
			must(t, a.Release())
			if cause := context.Cause(a.Context()); cause != recipe.ErrReleased {
				t.Errorf("cause %v", cause)
			}
			again := must(t, waits)
			if string(again.Data) != "a" || again.Fence() <= a.Fence() {
				t.Errorf("taken: %q with fence %d, before it was %d", again.Data, again.Fence(), a.Fence())
			}
			fails(t, a.Consume(t.Context()), recipe.ErrNotHeld, recipe.ErrReleased)
			if must(t, a.Holds(t.Context())) {
				t.Error("what was released is held")
			}
			must(t, again.Consume(t.Context()))
			waits = theirs.Take(t.Context())
			if err := c.Close(); err != nil { // with b
				t.Fatal(err)
			}
			<-b.Done()
			fails(t, b.Consume(t.Context()), recipe.ErrNotHeld)
			must(t, must(t, waits).Consume(t.Context()))
			fails(t, q.Take(t.Context()), zkasync.ErrClosed)
		})
	}
}

// Somebody deletes the lock: the item is another's, and the former consumer is told.
func TestItem_LockIsDeleted(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	q := recipe.NewQueue(c, "/queue", recipe.KazooLockingQueue())
	must(t, q.Put(t.Context(), []byte("a")))
	item := taken(t, q, "a")
	lock := "/queue/taken/" + item.Path()[len("/queue/entries/"):]
	must(t, c.Set(t.Context(), lock, []byte("other"), zkasync.AnyVersion))
	if must(t, item.Holds(t.Context())) {
		t.Error("it is held by a lock of another's")
	}
	must(t, c.Delete(t.Context(), lock, zkasync.AnyVersion))
	<-item.Done()
	if cause := context.Cause(item.Context()); cause != recipe.ErrDeleted {
		t.Errorf("cause %v", cause)
	}
	other := taken(t, recipe.NewQueue(connect(t, servers), "/queue", recipe.KazooLockingQueue()), "a")
	fails(t, item.Consume(t.Context()), recipe.ErrNotHeld)
	must(t, other.Consume(t.Context()))
}

// What is consumed and what is written for it are one.
func TestItem_ConsumeTogether(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	for _, l := range layouts {
		t.Run(l.name, func(t *testing.T) {
			q := recipe.NewQueue(c, "/queue", l.layout)
			must(t, q.Put(t.Context(), []byte("a")))
			item := taken(t, q, "a")
			must(t, c.Create(t.Context(), "/there", nil))
			defer func() { must(t, c.Delete(t.Context(), "/there", zkasync.AnyVersion)) }()
			err := fails(t, item.Consume(t.Context(), zkasync.CreateOp("/result", nil), zkasync.CreateOp("/there", nil)), zk.ErrNodeExists)
			var m *zkasync.MultiError
			if !errors.As(err, &m) || m.Index != 1 || errors.Is(err, recipe.ErrNotHeld) {
				t.Errorf("error %v", err)
			}
			if item.Context().Err() != nil {
				t.Errorf("it is over: %v", context.Cause(item.Context()))
			}
			must(t, item.Consume(t.Context(), zkasync.CreateOp("/result", nil)))
			must(t, c.Delete(t.Context(), "/result", zkasync.AnyVersion))
			must(t, c.DeleteAll(t.Context(), "/queue"))
		})
	}
	q := recipe.NewQueue(c, "/queue", recipe.KazooLockingQueue())
	must(t, q.Put(t.Context(), []byte("b")))
	item := taken(t, q, "b")
	must(t, c.Delete(t.Context(), item.Path(), zkasync.AnyVersion)) // somebody cleans up
	fails(t, item.Consume(t.Context(), zkasync.CreateOp("/result", nil)), recipe.ErrNotHeld)
	if must(t, c.Exists(t.Context(), "/result")) != nil {
		t.Error("a result of what was not consumed")
	}
	poll(t, "no lock is left", func() bool { return len(names(t, c, "/queue/taken")) == 0 })
}

func TestQueue_GivenUpTakesNothing(t *testing.T) {
	t.Parallel()
	for _, l := range layouts {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			_, c := place(t)
			q := recipe.NewQueue(c, "/queue", l.layout)
			ctx, cancel := context.WithCancelCause(t.Context())
			waits, behind := q.Take(ctx), q.Take(t.Context())
			enough := errors.New("enough")
			cancel(enough)
			fails(t, waits, enough)
			must(t, q.Put(t.Context(), []byte("a")))
			must(t, must(t, behind).Consume(t.Context()))
			ended, end := context.WithCancel(t.Context())
			end()
			fails(t, q.Take(ended), context.Canceled)
			const items = 100
			for i := range items {
				must(t, q.Put(t.Context(), fmt.Append(nil, i)))
			}
			for i := range items { // contexts end at any moment of an attempt
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i*20)*time.Microsecond)
				item, err := get(q.Take(ctx))
				if err == nil {
					must(t, item.Consume(t.Context()))
				} else if !errors.Is(err, context.DeadlineExceeded) {
					t.Fatal(err)
				}
				cancel()
			}
			for left := must(t, q.Len(t.Context())); left > 0; left-- {
				must(t, must(t, q.Take(t.Context())).Consume(t.Context()))
			}
			if left := must(t, q.Len(t.Context())); left != 0 {
				t.Errorf("%d items are left", left)
			}
		})
	}
}

// What nobody can make sense of is left, and does not hold up the others.
func TestQueue_SkipsWhatItCannotRead(t *testing.T) {
	t.Parallel()
	for _, l := range layouts {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			_, c := place(t)
			q := recipe.NewQueue(c, "/queue", l.layout)
			hidden := must(t, q.Put(t.Context(), []byte("hidden")))[0]
			must(t, c.SetACL(t.Context(), hidden, zk.WorldACL(zk.PermDelete), zkasync.AnyVersion))
			odd := []string{hidden}
			if strings.HasPrefix(l.name, "Curator") {
				odd = append(odd, must(t, c.Create(t.Context(), l.items+"/queue-", []byte("odd"), zkasync.Sequential())).Path)
			}
			must(t, c.Create(t.Context(), l.items+"/readme", nil))
			must(t, q.Put(t.Context(), []byte("a")))
			must(t, taken(t, q, "a").Consume(t.Context()))
			waits := q.Take(t.Context())
			must(t, q.Put(t.Context(), []byte("b")))
			must(t, must(t, waits).Consume(t.Context()))
			skipped := q.Skipped()
			for _, path := range odd {
				if skipped[path] == nil || must(t, c.Exists(t.Context(), path)) == nil {
					t.Errorf("%s: %v", path, skipped[path])
				}
				must(t, c.Delete(t.Context(), path, zkasync.AnyVersion))
			}
			if len(skipped) != len(odd) || !errors.Is(skipped[hidden], zk.ErrNoAuth) {
				t.Errorf("skipped: %v", skipped)
			}
			must(t, q.Put(t.Context(), []byte("c")))
			must(t, taken(t, q, "c").Consume(t.Context()))
			if skipped := q.Skipped(); len(skipped) > 0 {
				t.Errorf("skipped though gone: %v", skipped)
			}
		})
	}
}

func TestQueue_VanishingFolders(t *testing.T) {
	t.Parallel()
	for _, l := range layouts {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			_, c := place(t)
			q := recipe.NewQueue(c, "/queue", l.layout)
			waits := q.Take(t.Context())
			for range 3 {
				poll(t, "a folder", func() bool { return must(t, c.Exists(t.Context(), l.items)) != nil })
				must(t, c.DeleteAll(t.Context(), "/queue"))
				if _, err := get(c.DeleteAll(t.Context(), "/queue-locks")); err != nil && !errors.Is(err, zk.ErrNoNode) {
					t.Fatal(err)
				}
			}
			must(t, q.Put(t.Context(), values("a", "b")...))
			must(t, must(t, waits).Consume(t.Context()))
			must(t, taken(t, q, "b").Consume(t.Context()))
		})
	}
}

func TestQueue_RefusesWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	q := recipe.NewQueue(c, "/queue", recipe.KazooLockingQueue())
	fails(t, q.PutPriority(t.Context(), 1000, []byte("a")))
	same := recipe.NewQueue(c, "/queue", recipe.CuratorQueue("/queue"))
	fails(t, same.Put(t.Context(), []byte("a")))
	fails(t, same.Take(t.Context()))
	bad := recipe.NewQueue(c, "queue", recipe.KazooLockingQueue())
	fails(t, bad.Put(t.Context(), []byte("a")), zk.ErrInvalidPath)
	fails(t, bad.Take(t.Context()), zk.ErrInvalidPath)
	fails(t, recipe.NewQueue(c, "/queue", recipe.CuratorQueue("locks")).Take(t.Context()), zk.ErrInvalidPath)
	fails(t, bad.Len(t.Context()), zk.ErrInvalidPath)
	if left := names(t, c, "/queue"); len(left) > 0 && must(t, q.Len(t.Context())) > 0 {
		t.Errorf("put: %q", left)
	}
}

// With a lost connection an item goes back by default, and may be kept across it with UntilLost.
func TestItem_LostConnection(t *testing.T) {
	t.Parallel()
	for name, lease := range map[string]recipe.Lease{"until suspended": recipe.UntilSuspended, "until lost": recipe.UntilLost} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, twin, p := proxied(t)
			q := recipe.NewQueue(c, "/queue", recipe.KazooLockingQueue(), recipe.WithLease(lease))
			must(t, q.Put(t.Context(), []byte("a")))
			item := taken(t, q, "a")
			theirs := recipe.NewQueue(twin, "/queue", recipe.KazooLockingQueue()).Take(t.Context())
			p.Cut()
			poll(t, "reconnected", func() bool { return p.Accepted() > 1 && c.State() == zkasync.StateConnected })
			if lease == recipe.UntilSuspended {
				<-item.Done()
				fails(t, item.Consume(t.Context()), recipe.ErrNotHeld)
				must(t, must(t, theirs).Consume(t.Context()))
				return
			}
			if !must(t, item.Holds(t.Context())) || item.Context().Err() != nil {
				t.Errorf("it is over: %v", context.Cause(item.Context()))
			}
			must(t, item.Consume(t.Context()))
			if theirs.Ready() {
				t.Error("two have it")
			}
			must(t, q.Put(t.Context(), []byte("b")))
			must(t, must(t, theirs).Consume(t.Context()))
		})
	}
}

// Any one request is lost, its answer is lost, or it is throttled: each item is consumed all the same, by one at a time, and in the
// end nothing is left. Without locks an item may be lost with the answer to its deletion, which is told.
func TestQueue_LosesAnyOneRequest(t *testing.T) {
	t.Parallel()
	for _, l := range layouts {
		for _, op := range []zktest.Op{zktest.OpMulti, zktest.OpGetChildren2, zktest.OpGetData, zktest.OpDelete, zktest.OpSync} {
			for name, fault := range map[string]zktest.Fault{
				"lost":        {When: zktest.Before, Do: zktest.Drop()},
				"answer lost": {When: zktest.After, Do: zktest.Drop()},
				"throttled":   {When: zktest.Before, Do: zktest.Fail(zkasync.ErrThrottled)},
			} {
				for skip := range 3 {
					t.Run(fmt.Sprintf("%s: %v %s, %d before", l.name, op, name, skip), func(t *testing.T) {
						t.Parallel()
						fault := fault
						fault.Op, fault.Path, fault.Skip, fault.Count = op, "/**", skip, 1
						loseOne(t, l.layout, fault)
					})
				}
			}
		}
	}
}

func loseOne(t *testing.T, layout recipe.QueueLayout, fault zktest.Fault) {
	srv := zktest.Run(t)
	addr, err := srv.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	const items = 4
	maker, c := connect(t, addr), connect(t, addr)
	all := recipe.NewQueue(maker, "/queue", layout)
	for i := range items {
		must(t, all.Put(t.Context(), fmt.Append(nil, i)))
	}
	fault.Session = c.Session().ID
	srv.Fault(fault)
	q := recipe.NewQueue(c, "/queue", layout, recipe.WithLease(recipe.UntilLost))
	got, unknown := make(map[string]bool), 0
	for range items {
		item, err := get(q.Take(t.Context()))
		if err != nil {
			if !errors.Is(err, zkasync.ErrOutcomeUnknown) || fault.Op != zktest.OpDelete {
				t.Fatal(err)
			}
			unknown++
			continue
		}
		if got[string(item.Data)] {
			t.Errorf("%s comes twice", item.Data)
		}
		got[string(item.Data)] = true
		if len(got) == 2 && item.Fence() != 0 {
			must(t, item.Release())
			item = taken(t, q, string(item.Data))
		}
		must(t, item.Consume(t.Context()))
	}
	if n := must(t, all.Len(t.Context())); n > unknown {
		t.Errorf("%d items are left, of %d is unknown what became of them", n, unknown)
	}
	for _, folder := range []string{"/queue/taken", "/queue-locks"} {
		poll(t, "no lock is left", func() bool { return len(names(t, maker, folder)) == 0 })
	}
}

// A session that ends gives its items to others, whatever its consumer does then.
func TestQueue_SessionExpires(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t)
	ctx := t.Context()
	open := func() *zkasync.Client {
		c, err := zkasync.Connect(ctx, srv.Addr(), srv.Options()...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	c, twin := open(), open()
	q, theirs := recipe.NewQueue(c, "/queue", recipe.KazooLockingQueue()), recipe.NewQueue(twin, "/queue", recipe.KazooLockingQueue())
	must(t, q.Put(ctx, []byte("a")))
	item := taken(t, q, "a")
	next, waits := theirs.Take(ctx), q.Take(ctx)
	srv.Expire(c.Session().ID)
	<-item.Done()
	fails(t, item.Consume(ctx), recipe.ErrNotHeld)
	var second *recipe.Item
	select { // it is either's now
	case <-next.Done():
		second = must(t, next)
	case <-waits.Done():
		second = must(t, waits)
	case <-time.After(wait):
		t.Fatal("nobody gets it")
	}
	must(t, item.Release())
	if !must(t, second.Holds(ctx)) {
		t.Error("the former consumer has taken it away")
	}
	must(t, second.Consume(ctx))
	must(t, q.Put(ctx, []byte("b")))
	select {
	case <-next.Done():
	case <-waits.Done():
	case <-time.After(wait):
		t.Fatal("who waited waits for ever")
	}
}

// All consumers of a value wait on one watch for each list, and an item costs what the documentation says.
func TestQueue_CountsRequests(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t, zktest.WithRecord(10000))
	ctx := t.Context()
	c, err := zkasync.Connect(ctx, srv.Addr(), srv.Options()...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	q := recipe.NewQueue(c, "/queue", recipe.KazooLockingQueue())
	must(t, q.Put(ctx, []byte("first")))
	must(t, taken(t, q, "first").Consume(ctx))
	must(t, c.Sync(ctx, "/"))
	count := func(do func()) (requests []string) {
		before := len(srv.Requests())
		do()
		for _, r := range srv.Requests()[before:] {
			if r.Op != zktest.OpPing {
				requests = append(requests, r.Op.String())
			}
		}
		return requests
	}
	const workers = 50
	var waiting []*future.Future[*recipe.Item]
	waits := count(func() {
		for range workers {
			waiting = append(waiting, q.Take(ctx))
		}
		must(t, c.Sync(ctx, "/"))
	})
	if len(waits) != 3 {
		t.Errorf("%d that wait take %q, want two lists and the sync", workers, waits)
	}
	one := count(func() {
		must(t, q.Put(ctx, []byte("a")))
		must(t, must(t, waiting[0]).Consume(ctx))
		must(t, c.Sync(ctx, "/"))
	})
	if len(one) > 11 { // put, lists for it, lock with two reads, the list of locks, consume, both lists, the sync
		t.Errorf("an item takes %d requests: %q", len(one), one)
	}
}

// The answer to a release is lost, and somebody else takes the item before it can be repeated: a lock of that name is another's then.
func TestItem_ReleaseRepeatedTakesNothingAway(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t)
	addr, err := srv.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c, twin := connect(t, addr), connect(t, addr)
	q, theirs := recipe.NewQueue(c, "/queue", recipe.KazooLockingQueue()), recipe.NewQueue(twin, "/queue", recipe.KazooLockingQueue())
	must(t, q.Put(t.Context(), []byte("a")))
	item := taken(t, q, "a")
	id := c.Session().ID
	srv.Fault(zktest.Fault{Op: zktest.OpDelete, Session: id, Count: 1, When: zktest.After, Do: zktest.Drop()})
	held := srv.Fault(zktest.Fault{Op: zktest.OpSync, Session: id, Count: 1, Do: zktest.Hold()})
	again := srv.Fault(zktest.Fault{Op: zktest.OpDelete, Session: id, Count: 1, Do: zktest.Hold()})
	released := item.Release()
	second := taken(t, theirs, "a")
	held.Release()
	again.Release()
	must(t, released)
	if !must(t, second.Holds(t.Context())) {
		t.Error("the former consumer has taken it away")
	}
	must(t, second.Consume(t.Context()))
}

// The answer to a Consume is lost while another consumer waits: it was consumed, with all that goes with it, once.
func TestItem_ConsumeWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	for name, when := range map[string]zktest.When{"not applied": zktest.Before, "applied": zktest.After} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := zktest.Run(t)
			addr, err := srv.Listen("127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			c, twin := connect(t, addr), connect(t, addr)
			q := recipe.NewQueue(c, "/queue", recipe.KazooLockingQueue()) // the lock is to be given back at once, but for this
			must(t, q.Put(t.Context(), []byte("a")))
			item := taken(t, q, "a")
			theirs := recipe.NewQueue(twin, "/queue", recipe.KazooLockingQueue()).Take(t.Context())
			struck := srv.Fault(zktest.Fault{Op: zktest.OpMulti, Session: c.Session().ID, Count: 1, When: when, Do: zktest.Drop()})
			must(t, item.Consume(t.Context(), zkasync.CreateOp("/results-", nil, zkasync.Sequential())))
			if struck.Fired() != 1 {
				t.Error("nothing was broken")
			}
			results := 0
			for _, name := range names(t, twin, "/") {
				if strings.HasPrefix(name, "results-") {
					results++
				}
			}
			if results != 1 || theirs.Ready() {
				t.Errorf("%d results; somebody else has it: %v", results, theirs.Ready())
			}
			must(t, q.Put(t.Context(), []byte("b")))
			must(t, must(t, theirs).Consume(t.Context()))
		})
	}
}
