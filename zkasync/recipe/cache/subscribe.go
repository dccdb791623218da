package cache

import (
	"context"
	"iter"
)

// Subscribe returns a new reader of changes.
func (c *Cache) Subscribe() *Subscription {
	s := &Subscription{root: c.root, drop: c.drop, wake: make(chan struct{}, 1), done: make(chan struct{}), byPath: make(map[string]*item)}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		s.end(c.err)
		return s
	}
	if c.complete {
		s.begin(c.top.collect(nil), c.seq, c.synced)
	}
	c.subs = append(c.subs[:len(c.subs):len(c.subs)], s)
	return s
}

// Events returns a reader of changes, see [Subscription], that ends with the loop over it. If the cache or ctx has
// ended, the last pair carries the reason.
func (c *Cache) Events(ctx context.Context) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		s := c.Subscribe()
		defer s.Close()
		for e, err := range s.All(ctx) {
			if err != nil {
				err = &Error{Op: "follow", Path: c.root, Err: causeOf(err)}
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// drop removes a subscription from the list.
func (c *Cache) drop(s *Subscription) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var left []*Subscription
	for _, sub := range c.subs {
		if sub != s {
			left = append(left, sub)
		}
	}
	c.subs = left
}
