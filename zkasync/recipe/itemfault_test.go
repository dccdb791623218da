package recipe_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// By default an item goes back to the queue when the connection is lost. With UntilLost it is kept.
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
				t.Errorf("the item is lost: %v", context.Cause(item.Context()))
			}
			must(t, item.Consume(t.Context()))
			if theirs.Ready() {
				t.Error("two have the item at once")
			}
			must(t, q.Put(t.Context(), []byte("b")))
			must(t, must(t, theirs).Consume(t.Context()))
		})
	}
}

// Any one request is lost, its answer is lost, or it is throttled. Each item is still consumed, by one consumer at a time, and nothing
// is left behind. Without locks, an item may be lost with the answer to its deletion, but Take reports that.
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

// loseOne puts items, and takes and consumes them with a client that fault strikes.
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
		t.Errorf("%d items are left, but only %d have an unknown outcome", n, unknown)
	}
	for _, folder := range []string{"/queue/taken", "/queue-locks"} {
		poll(t, "no lock is left", func() bool { return len(names(t, maker, folder)) == 0 })
	}
}

// When a session ends, others get its items, whatever the former consumer does then.
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
	select { // either of the two may get it
	case <-next.Done():
		second = must(t, next)
	case <-waits.Done():
		second = must(t, waits)
	case <-time.After(wait):
		t.Fatal("nobody gets the item")
	}
	must(t, item.Release())
	if !must(t, second.Holds(ctx)) {
		t.Error("the former consumer has released the lock of the next one")
	}
	must(t, second.Consume(ctx))
	must(t, q.Put(ctx, []byte("b")))
	select {
	case <-next.Done():
	case <-waits.Done():
	case <-time.After(wait):
		t.Fatal("the other consumer is still waiting")
	}
}

// The answer to a release is lost, and somebody else takes the item before the release is repeated. The repetition must not delete
// the new lock, which has the same name.
func TestItem_RepeatedReleaseSparesTheNextLock(t *testing.T) {
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
		t.Error("the former consumer has released the lock of the next one")
	}
	must(t, second.Consume(t.Context()))
}

// The answer to a Consume is lost while another consumer waits. The item is consumed once, together with its result.
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
			q := recipe.NewQueue(c, "/queue", recipe.KazooLockingQueue()) // by default the lock is released at once after a lost connection, but not here
			must(t, q.Put(t.Context(), []byte("a")))
			item := taken(t, q, "a")
			theirs := recipe.NewQueue(twin, "/queue", recipe.KazooLockingQueue()).Take(t.Context())
			struck := srv.Fault(zktest.Fault{Op: zktest.OpMulti, Session: c.Session().ID, Count: 1, When: when, Do: zktest.Drop()})
			must(t, item.Consume(t.Context(), zkasync.CreateOp("/results-", nil, zkasync.Sequential())))
			if struck.Fired() != 1 {
				t.Error("the fault did not strike")
			}
			results := 0
			for _, name := range names(t, twin, "/") {
				if strings.HasPrefix(name, "results-") {
					results++
				}
			}
			if results != 1 || theirs.Ready() {
				t.Errorf("%d results; somebody else has the item: %v", results, theirs.Ready())
			}
			must(t, q.Put(t.Context(), []byte("b")))
			must(t, must(t, theirs).Consume(t.Context()))
		})
	}
}
