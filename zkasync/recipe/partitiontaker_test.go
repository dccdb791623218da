package recipe_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
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
		for e, err := range k.p.All(context.Background()) {
			if err == nil {
				k.note(t, e)
			}
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
