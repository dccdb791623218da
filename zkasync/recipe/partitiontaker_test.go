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

// books record who owns which item, by the contexts of all members' shares.
type books struct {
	mu     sync.Mutex
	owner  map[string]*recipe.Share
	gained int
	loose  bool // others delete locks, so that two may own an item until the former owner is told
}

// taker is a member that takes the items it gains. It unlocks lost ones at once, unless keeps is set.
type taker struct {
	p     *recipe.Partitioner
	over  chan struct{}
	books *books

	mu    sync.Mutex
	has   map[string]*recipe.Share
	lost  []string // items that were lost
	why   error    // why the last of them was lost
	keeps bool
}

func take(t *testing.T, b *books, c *zkasync.Client, id string, items []string, opts ...recipe.Option) *taker {
	t.Helper()
	k := &taker{p: recipe.Partition(c, "/jobs", items, append(opts, recipe.WithIdentifier(id))...), over: make(chan struct{}), books: b,
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
			t.Errorf("%s is gained before it was unlocked", e.Item)
		}
		k.has[e.Item] = e.Share
		k.books.acquired(t, e)
	case recipe.Lost:
		if e.Share.Context().Err() == nil || e.Cause == nil {
			t.Errorf("%s is lost: %v", e.Item, e.Cause)
		}
		k.lost, k.why = append(k.lost, e.Item), e.Cause
		if !k.keeps && k.has[e.Item] == e.Share { // otherwise letGo has unlocked it already
			delete(k.has, e.Item)
			e.Share.Unlock()
		}
	default:
		t.Errorf("%v of %s: %v", e.Kind, e.Item, e.Cause)
	}
}

// acquired checks that the context of the former owner has ended, and that fences grow.
func (b *books) acquired(t *testing.T, e recipe.ShareEvent) {
	b.mu.Lock()
	defer b.mu.Unlock()
	was := b.owner[e.Item]
	if !b.loose && was != nil && was.Context().Err() == nil && e.Share.Context().Err() == nil {
		t.Errorf("two own %s", e.Item)
	}
	if !b.loose && was != nil && was.Fence() >= e.Share.Fence() {
		t.Errorf("fence %d after %d", e.Share.Fence(), was.Fence())
	}
	b.owner[e.Item] = e.Share
	b.gained++
}

// letGo unlocks all lost items, and from now on also those that are lost later.
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

// items returns the items that it owns, sorted.
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

// divided waits until each item has one owner, and each taker owns at least one item.
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
