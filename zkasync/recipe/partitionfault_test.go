package recipe_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// Others delete the znodes of members, and then everything. The division is the same again afterwards, and deleted members lose nothing.
func TestPartition_OthersDelete(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	items, b := works(10), newBooks()
	one, two := take(t, b, c, "one", items), take(t, b, connect(t, servers), "two", items)
	divided(t, items, one, two)
	before := fmt.Sprint(one.items(), two.items())
	for _, k := range []*taker{one, two} {
		k.mu.Lock()
		k.lost = nil
		k.mu.Unlock()
	}
	for _, member := range names(t, c, "/jobs/members") {
		must(t, c.Delete(t.Context(), "/jobs/members/"+member, zkasync.AnyVersion))
	}
	poll(t, "both members", func() bool { return len(names(t, c, "/jobs/members")) == 2 })
	same := func() {
		t.Helper()
		poll(t, "the division of before", func() bool { return fmt.Sprint(one.items(), two.items()) == before })
	}
	same()
	for _, k := range []*taker{one, two} {
		k.mu.Lock()
		if len(k.lost) != 0 {
			t.Errorf("lost: %v, %v", k.lost, k.why)
		}
		k.mu.Unlock()
	}
	b.mu.Lock()
	b.loose = true
	b.mu.Unlock()
	_, _ = get(c.DeleteAll(t.Context(), "/jobs")) // may fail, since members create znodes again meanwhile
	poll(t, "both members", func() bool { return len(names(t, c, "/jobs/members")) == 2 })
	same()
}

// A member that is cut off for longer than its session loses all items before others gain them, and takes part again when it is back.
func TestPartition_SessionExpires(t *testing.T) {
	t.Parallel()
	for name, lease := range map[string]recipe.Lease{"until suspended": recipe.UntilSuspended, "until lost": recipe.UntilLost} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, twin, p := proxied(t, zkasync.WithSessionTimeout(4*time.Second))
			items, b := works(10), newBooks()
			one, two := take(t, b, c, "one", items, recipe.WithLease(lease)), take(t, b, twin, "two", items)
			divided(t, items, one, two)
			old := c.Session().ID
			p.Drop(zkproxy.ToServer, true)
			p.Drop(zkproxy.ToClient, true)
			divided(t, items, two)
			if got := one.items(); len(got) != 0 {
				t.Errorf("the member that is cut off still has %v", got)
			}
			p.Cut()
			p.Heal()
			divided(t, items, one, two)
			if c.Session().ID == old {
				t.Error("the session has not ended")
			}
		})
	}
}

// The connections of members are lost and frozen, sometimes for longer than their sessions. By their contexts, no item ever has two
// owners, and in the end all items are divided.
func TestPartition_Chaos(t *testing.T) {
	t.Parallel()
	servers, _ := place(t)
	_, root, _ := strings.Cut(servers, "/")
	items, b := works(12), newBooks()
	ctx, cancel := context.WithTimeout(t.Context(), *chaosDuration)
	defer cancel()
	var takers []*taker
	var disturbed sync.WaitGroup
	for i := range 4 {
		p := zkproxy.Run(t, zkserver.Shared(t).Addr())
		c := connect(t, p.Addr()+"/"+root, zkasync.WithSessionTimeout(4*time.Second))
		takers = append(takers, take(t, b, c, fmt.Sprint("taker", i), items, recipe.WithLease(recipe.Lease(i%2))))
		disturbed.Add(1)
		go func() {
			defer disturbed.Done()
			disturb(ctx, p)
		}()
	}
	disturbed.Wait()
	divided(t, items, takers...)
	if t.Logf("%d times gained", b.gained); b.gained <= len(items) {
		t.Error("no item has moved")
	}
}

// Any one request is lost, or its answer. All items are divided in the end, and nothing is left behind.
func TestPartition_LosesAnyOneRequest(t *testing.T) {
	t.Parallel()
	for _, op := range []zktest.Op{zktest.OpAnyCreate, zktest.OpExists, zktest.OpGetChildren2, zktest.OpGetData, zktest.OpDelete} {
		for _, when := range []zktest.When{zktest.Before, zktest.After} {
			for skip := range 2 {
				t.Run(fmt.Sprint(op, when, skip), func(t *testing.T) {
					t.Parallel()
					srv := zktest.Run(t)
					c, twin := serve(t, srv), serve(t, srv)
					items, b := works(4), newBooks()
					srv.Fault(zktest.Fault{Op: op, Session: c.Session().ID, When: when, Skip: skip, Count: 1, Do: zktest.Drop()})
					one, two := take(t, b, c, "one", items), take(t, b, twin, "two", items)
					divided(t, items, one, two)
					must(t, two.p.Close())
					divided(t, items, one)
					must(t, one.p.Close())
					for _, path := range []string{"members", "locks/item-0", "locks/item-1", "locks/item-2", "locks/item-3"} {
						if l, err := get(twin.Children(t.Context(), "/jobs/"+path)); err == nil && len(l.Names) != 0 {
							t.Errorf("left: %v", l.Names)
						}
					}
				})
			}
		}
	}
}

// An item whose lock is refused is reported once, does not keep the member from others, and is gained as soon as it can be.
func TestPartition_Refused(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	owner := connect(t, servers)
	must(t, owner.AddAuth(t.Context(), "digest", []byte("a:b")))
	must(t, owner.Create(t.Context(), "/jobs/locks/item-0", nil, zkasync.MakeParents()))
	must(t, owner.SetACL(t.Context(), "/jobs/locks/item-0", zk.DigestACL(zk.PermAll, "a", "b"), zkasync.AnyVersion))
	p := recipe.Partition(c, "/jobs", works(2))
	var told []string
	for e, err := range p.All(t.Context()) {
		if err != nil {
			break
		}
		told = append(told, fmt.Sprintf("%v %s %t", e.Kind, e.Item, errors.Is(e.Cause, zk.ErrNoAuth)))
		switch {
		case len(told) == 2:
			must(t, owner.SetACL(t.Context(), "/jobs/locks/item-0", zk.WorldACL(zk.PermAll), zkasync.AnyVersion))
		case len(told) == 3:
			p.Close()
		case e.Kind == recipe.Lost:
			e.Share.Unlock()
		}
	}
	slices.Sort(told[:2])
	if got := strings.Join(told[:3], ", "); got != "Gained item-1 false, Refused item-0 true, Gained item-0 false" || len(told) != 5 {
		t.Errorf("events: %v", told)
	}
	must(t, p.Close())
}

// A partitioner reports when it may not keep its member's znode, or may not read the list. When both are allowed again, it goes on.
func TestPartition_ReportsWhyItCannotTakePart(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	owner := connect(t, servers)
	must(t, owner.AddAuth(t.Context(), "digest", []byte("a:b")))
	must(t, owner.EnsurePath(t.Context(), "/jobs/members"))
	items := works(6)
	p := recipe.Partition(c, "/jobs", items, recipe.WithIdentifier("one"))
	defer p.Close()
	told := make(chan recipe.ShareEvent, 100)
	ended := make(chan struct{})
	var got atomic.Int32
	go func() {
		defer close(ended)
		for e := range p.All(context.Background()) {
			if e.Kind == recipe.Lost {
				e.Share.Unlock()
			}
			if e.Kind == recipe.Gained {
				got.Add(1)
			}
			if e.Kind == recipe.Refused {
				told <- e
			}
		}
	}()
	poll(t, "all items", func() bool { return int(got.Load()) == len(items) }) // it has seen the list
	must(t, owner.SetACL(t.Context(), "/jobs/members", zk.DigestACL(zk.PermAll, "a", "b"), zkasync.AnyVersion))
	must(t, owner.Delete(t.Context(), "/jobs/members/"+names(t, owner, "/jobs/members")[0], zkasync.AnyVersion))
	within(t, "the refusals", func() { // of its own znode, and of the list
		for range 2 {
			if e := <-told; e.Item != "" || !errors.Is(e.Cause, zk.ErrNoAuth) {
				t.Errorf("event: %+v", e)
			}
		}
	})
	must(t, owner.SetACL(t.Context(), "/jobs/members", zk.WorldACL(zk.PermAll), zkasync.AnyVersion))
	two := take(t, newBooks(), owner, "two", items)
	poll(t, "the other's part", func() bool { return len(two.items()) > 0 })
	must(t, p.Close())
	within(t, "the end", func() { <-ended })
	divided(t, items, two)
}
