package cache

import (
	"iter"
)

// Get returns a znode without a request, or false if it does not exist, is left out, or is outside of the cache's tree.
func (c *Cache) Get(path string) (Entry, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if e := c.entry(path); e != nil {
		return *e, true
	}
	return Entry{}, false
}

// Children returns the children of a path with their data, by name, without a request.
func (c *Cache) Children(path string) []Entry {
	c.mu.RLock()
	defer c.mu.RUnlock()
	n := c.find(path)
	if n == nil {
		return nil
	}
	all := make([]Entry, 0, len(n.kids))
	for _, name := range n.names() {
		if e := n.kids[name].entry; e != nil {
			all = append(all, *e)
		}
	}
	return all
}

// All ranges over a path and everything below it as of the beginning of the range, without a request: parents before
// their children, siblings by name. The loop may take its time, since it holds up nothing and does not see later
// changes.
func (c *Cache) All(path string) iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for _, e := range c.snapshot(path) {
			if !yield(*e) {
				return
			}
		}
	}
}

func (c *Cache) snapshot(path string) []*Entry {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if n := c.find(path); n != nil {
		return n.collect(nil)
	}
	return nil
}

// Len returns the number of znodes that are cached.
func (c *Cache) Len() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.entries
}

// Size returns what [WithMaxBytes] counts: the bytes of all paths and data that are cached.
func (c *Cache) Size() int64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.bytes
}

// Current reports whether the cache is following the servers: it is complete, and the connection that reports changes is
// up. Otherwise its contents were true at some earlier time. Even a current cache lags behind by the time that a change
// takes to arrive; see [Cache.Sync].
func (c *Cache) Current() bool {
	c.mu.RLock()
	synced, conn, err := c.synced, c.conn, c.err
	c.mu.RUnlock()
	return synced && err == nil && c.client.Connected() && (conn == nil || conn.Err() == nil)
}
