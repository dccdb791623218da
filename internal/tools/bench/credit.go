package main

import "sync/atomic"

// credit bounds how many operations one submitter has in flight. While there is room, it costs the submitter nothing. A completion
// costs one atomic addition. The submitter is woken when a quarter of its depth has come back.
type credit struct {
	room     int // used by the submitter alone
	depth    int
	returned atomic.Int64
	wanted   atomic.Int64 // how many completions the parked submitter waits for, 0: it is not parked
	wake     chan struct{}
}

func newCredit(depth int) *credit {
	return &credit{room: depth, depth: depth, wake: make(chan struct{}, 1)}
}

// take waits for room for one operation.
func (c *credit) take() {
	if c.room == 0 {
		c.room = c.collect(max(1, int64(c.depth/4)))
	}
	c.room--
}

// drain waits until nothing is in flight.
func (c *credit) drain() {
	for c.room < c.depth {
		c.room += c.collect(int64(c.depth - c.room))
	}
}

// collect waits until at least n operations have come back, and returns how many have.
func (c *credit) collect(n int64) int {
	if c.returned.Load() < n {
		c.wanted.Store(n)
		if c.returned.Load() < n || !c.wanted.CompareAndSwap(n, 0) {
			<-c.wake
		}
	}
	return int(c.returned.Swap(0))
}

// give returns the room of one operation.
func (c *credit) give() {
	n := c.returned.Add(1)
	if wanted := c.wanted.Load(); wanted != 0 && n >= wanted && c.wanted.CompareAndSwap(wanted, 0) {
		c.wake <- struct{}{}
	}
}

// giveMany returns the room of n operations.
func (c *credit) giveMany(n int) {
	if n == 0 {
		return
	}
	c.returned.Add(int64(n - 1))
	c.give()
}
