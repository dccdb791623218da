package recipe_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// books are who has which item by the contexts of shares, whichever member's.
type books struct {
	mu     sync.Mutex
	owner  map[string]*recipe.Share
	gained int
	loose  bool // locks are deleted by others, and owners are told of it no sooner than they can be
}

// taker is a member that takes what it gains. What it loses it unlocks at once, unless it is to keep it.
type taker struct {
	p     *recipe.Partitioner
	over  chan struct{}
	books *books

	mu    sync.Mutex
	has   map[string]*recipe.Share
	lost  []string // by name
	why   error    // of the last
	keeps bool
}

func take(t *testing.T, b *books, c *zkasync.Client, id string, items []string, opts ...recipe.Option) *taker {
	t.Helper()
	k := &taker{p: recipe.Partition(c, "/work", items, append(opts, recipe.WithIdentifier(id))...), over: make(chan struct{}), books: b,
		has: make(map[string]*recipe.Share)}
	go func() {
		defer close(k.over)
		for e := range k.p.All() {
			k.note(t, e)
		}
	}()
	t.Cleanup(func() {
		k.letGo()
		k.p.Close()
		within(t, "the end of "+id, func() { <-k.over })
	})
	return k
}

func (k *taker) note(t *testing.T, e recipe.ShareEvent) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch e.Kind {
	case recipe.Gained:
		if k.has[e.Item] != nil {
			t.Errorf("%s is gained and not unlocked", e.Item)
		}
		k.has[e.Item] = e.Share
		k.books.acquired(t, e)
	case recipe.Lost:
		if e.Share.Context().Err() == nil || e.Cause == nil {
			t.Errorf("%s is lost: %v", e.Item, e.Cause)
		}
		k.lost, k.why = append(k.lost, e.Item), e.Cause
		if !k.keeps && k.has[e.Item] == e.Share { // otherwise it is unlocked already
			delete(k.has, e.Item)
			e.Share.Unlock()
		}
	default:
		t.Errorf("%v of %s: %v", e.Kind, e.Item, e.Cause)
	}
}

// acquired checks that who had it before has been told, and that fences grow.
func (b *books) acquired(t *testing.T, e recipe.ShareEvent) {
	b.mu.Lock()
	defer b.mu.Unlock()
	was := b.owner[e.Item]
	if !b.loose && was != nil && was.Context().Err() == nil && e.Share.Context().Err() == nil {
		t.Errorf("two have %s", e.Item)
	}
	if !b.loose && was != nil && was.Fence() >= e.Share.Fence() {
		t.Errorf("fence %d behind %d", e.Share.Fence(), was.Fence())
	}
	b.owner[e.Item] = e.Share
	b.gained++
}

// letGo unlocks all, and from now on what is lost.
func (k *taker) letGo() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keeps = false
	for item, share := range k.has {
		if share.Context().Err() != nil {
			delete(k.has, item)
			share.Unlock()
		}
	}
}

// items are what it has, in order.
func (k *taker) items() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var all []string
	for item, share := range k.has {
		if share.Context().Err() == nil {
			all = append(all, item)
		}
	}
	slices.Sort(all)
	return all
}

// divided waits until each item is one's, and none of the takers has none.
func divided(t *testing.T, items []string, takers ...*taker) {
	t.Helper()
	var all []string
	poll(t, "the division", func() bool {
		all = nil
		for _, k := range takers {
			its := k.items()
			if len(its) == 0 {
				return false
			}
			all = append(all, its...)
		}
		slices.Sort(all)
		return slices.Equal(all, slices.Sorted(slices.Values(items)))
	})
}

func newBooks() *books { return &books{owner: make(map[string]*recipe.Share)} }

func works(n int) (items []string) {
	for i := range n {
		items = append(items, fmt.Sprintf("item-%d", i))
	}
	return items
}

// Only what must move moves, and only when its owner has let go of it.
func TestPartition_JoinAndLeave(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	items, b := works(30), newBooks()
	one := take(t, b, c, "one", items)
	divided(t, items, one)
	one.mu.Lock()
	one.keeps = true
	one.mu.Unlock()
	two := take(t, b, connect(t, servers), "two", items)
	poll(t, "what is asked back", func() bool { return len(one.items()) < len(items) })
	must(t, c.Sync(t.Context(), "/"))
	if got := two.items(); len(got) != 0 {
		t.Errorf("it has %v, which one has not let go of", got)
	}
	one.letGo()
	divided(t, items, one, two)
	one.mu.Lock()
	lost := slices.Clone(one.lost)
	one.mu.Unlock()
	if slices.Sort(lost); !slices.Equal(lost, two.items()) {
		t.Errorf("one has lost %v, and two has %v", lost, two.items())
	}
	three := take(t, b, connect(t, servers), "three", items)
	divided(t, items, one, two, three)
	before := two.items()
	must(t, one.p.Close())
	divided(t, items, two, three)
	for _, item := range before {
		if !slices.Contains(two.items(), item) {
			t.Errorf("two has lost %s, which did not have to move", item)
		}
	}
	if err := one.p.Err(); !errors.Is(err, recipe.ErrReleased) {
		t.Error(err)
	}
	must(t, two.p.Close())
	must(t, three.p.Close())
	if left := names(t, c, "/work/members"); len(left) != 0 {
		t.Errorf("members that are left: %v", left)
	}
	for _, item := range items {
		if left := names(t, c, "/work/locks/"+item); len(left) != 0 {
			t.Errorf("locks that are left: %v", left)
		}
	}
}

// Znodes that others delete, and with them the parents, cost nothing but what was held by them.
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
	for _, member := range names(t, c, "/work/members") {
		must(t, c.Delete(t.Context(), "/work/members/"+member, zkasync.AnyVersion))
	}
	poll(t, "both members", func() bool { return len(names(t, c, "/work/members")) == 2 })
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
	_, _ = get(c.DeleteAll(t.Context(), "/work")) // which they make again meanwhile
	poll(t, "both members", func() bool { return len(names(t, c, "/work/members")) == 2 })
	same()
}

// One that is cut off for longer than its session loses all before others gain it, and takes part again when it is back.
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
				t.Errorf("it still has %v", got)
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

// Members whose connections are lost and frozen, past their sessions at times, never have an item by two contexts, and divide all in the end.
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
		t.Error("nothing has moved")
	}
}

// Any one request is lost, or its answer: all is divided in the end, and nothing is left.
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
						if l, err := get(twin.Children(t.Context(), "/work/"+path)); err == nil && len(l.Names) != 0 {
							t.Errorf("left: %v", l.Names)
						}
					}
				})
			}
		}
	}
}

// An item whose lock may not be had is told of once, keeps no other from being had, and is had when it can be.
func TestPartition_Refused(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	owner := connect(t, servers)
	must(t, owner.AddAuth(t.Context(), "digest", []byte("a:b")))
	must(t, owner.Create(t.Context(), "/work/locks/item-0", nil, zkasync.MakeParents()))
	must(t, owner.SetACL(t.Context(), "/work/locks/item-0", zk.DigestACL(zk.PermAll, "a", "b"), zkasync.AnyVersion))
	p := recipe.Partition(c, "/work", works(2))
	var told []string
	for e := range p.All() {
		told = append(told, fmt.Sprintf("%v %s %t", e.Kind, e.Item, errors.Is(e.Cause, zk.ErrNoAuth)))
		switch {
		case len(told) == 2:
			must(t, owner.SetACL(t.Context(), "/work/locks/item-0", zk.WorldACL(zk.PermAll), zkasync.AnyVersion))
		case len(told) == 3:
			p.Close()
		case e.Kind == recipe.Lost:
			e.Share.Unlock()
		}
	}
	slices.Sort(told[:2])
	if got := strings.Join(told[:3], ", "); got != "Gained item-1 false, Refused item-0 true, Gained item-0 false" || len(told) != 5 {
		t.Errorf("it is told: %v", told)
	}
	must(t, p.Close())
}

// What nobody was told of nobody needs to give back.
func TestPartition_NobodyReads(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	items, b := works(10), newBooks()
	silent := recipe.Partition(c, "/work", items, recipe.WithIdentifier("silent"))
	poll(t, "all locks", func() bool {
		return !slices.ContainsFunc(items, func(item string) bool { return len(names(t, c, "/work/locks/"+item)) == 0 })
	})
	two := take(t, b, connect(t, servers), "two", items)
	poll(t, "the other's part", func() bool { return len(two.items()) > 0 })
	must(t, silent.Close())
	if e, ok := silent.Poll(); ok {
		t.Errorf("there is %+v", e)
	}
	divided(t, items, two)
}

// Closing client and partitioner ends all that is in flight.
func TestPartition_Ends(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	for i := range 20 {
		client := connect(t, servers)
		p := recipe.Partition(client, fmt.Sprint("/", i), works(5))
		waits := p.Changed()
		var share *recipe.Share
		if i%2 == 0 {
			must(t, waits)
			e, _ := p.Poll()
			share = e.Share
		}
		if i%3 == 0 {
			p.Close()
		}
		if err := client.Close(); err != nil {
			t.Fatal(err)
		}
		within(t, "the end", func() { <-p.Done() })
		if err := p.Err(); !errors.Is(err, zkasync.ErrClosed) && !errors.Is(err, recipe.ErrReleased) {
			t.Error(err)
		}
		must(t, p.Changed())
		must(t, p.Close()) // though nobody has unlocked the share
		if share != nil {
			<-share.Done()
			must(t, share.Unlock())
		}
	}
	for want, items := range map[string][]string{`item "a" is there twice`: {"a", "b", "a"}, `item "" is empty`: {""}, `item "a/b"`: {"a/b"}} {
		p := recipe.Partition(c, "/work", items)
		if err := p.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
		must(t, p.Close())
		for range p.All() {
			t.Error("it goes on")
		}
	}
	bad := recipe.Partition(c, "/work", nil, recipe.WithIdentifier("a/b"))
	if err := bad.Err(); err == nil || !strings.Contains(err.Error(), `identifier "a/b"`) {
		t.Error(err)
	}
	refused := recipe.Partition(c, "no/slash", works(1))
	within(t, "the refusal", func() { <-refused.Done() })
	if err := refused.Err(); !errors.Is(err, zk.ErrInvalidPath) {
		t.Error(err)
	}
	must(t, refused.Close())
}

// A share can write for as long as it is not unlocked, and not afterwards. What is unlocked though it is not to move is gained again.
func TestShare_MultiAndUnlock(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	must(t, c.Create(t.Context(), "/register", nil))
	p := recipe.Partition(c, "/work", []string{"a"})
	next := func(kind recipe.ShareChange) *recipe.Share {
		t.Helper()
		for e := range p.All() {
			if e.Kind != kind || e.Item != "a" || e.Share.Item() != "a" {
				t.Fatalf("%v of %s: %v", e.Kind, e.Item, e.Cause)
			}
			return e.Share
		}
		return nil
	}
	set := zkasync.SetOp("/register", []byte("mine"), zkasync.AnyVersion)
	first := next(recipe.Gained)
	must(t, first.Multi(t.Context(), set))
	must(t, first.Unlock())
	must(t, first.Unlock())
	if lost := next(recipe.Lost); lost != first || !errors.Is(context.Cause(first.Context()), recipe.ErrReleased) {
		t.Error("another was lost")
	}
	fails(t, first.Multi(t.Context(), set), recipe.ErrNotHeld)
	second := next(recipe.Gained)
	if second.Fence() <= first.Fence() {
		t.Errorf("fence %d behind %d", second.Fence(), first.Fence())
	}
	closed := p.Close()
	<-second.Done()
	must(t, second.Multi(t.Context(), set)) // asked back, not given back
	if closed.Ready() {
		t.Error("it is closed, though a share is not unlocked")
	}
	second.Unlock()
	must(t, closed)
	fails(t, second.Multi(t.Context(), set), recipe.ErrNotHeld)
}
