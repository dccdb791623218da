package cache

import (
	"context"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// Cache is a znode and everything below it, with data, kept current in memory (Curator: CuratorCache, TreeCache; kazoo:
// TreeCache). [Open] returns one. It is safe for concurrent use. It follows changes, deletion and creation of each
// znode, including the root, across lost connections and sessions, until it or its client is closed or a limit is
// exceeded. After that it keeps its contents, and Err says why it has ended.
type Cache struct {
	store
	client *zkasync.Client
	cfg    config
	ctx    context.Context // of requests; ended by Close
	cancel context.CancelFunc
	ready  *future.Promise[future.Void] // completes with the first load
	loaded *future.Future[future.Void]
	inbox  inbox[*loop]
	over   chan struct{} // closed when the loop has ended
}

// Open returns a cache of the znode at path, which need not exist, and everything below it. It returns at once and loads
// in the background, see [Cache.Ready]. The client must have been started. Close the cache when it is no longer needed.
//
// The cache is loaded with many gets in flight, and kept current by one recursive watch and one get for each change, or
// for several changes of a znode in quick succession. Servers before 3.6 have no such watches; see the package
// documentation.
func Open(c *zkasync.Client, path string, opts ...Option) *Cache {
	cfg, err := newConfig(opts)
	cache := &Cache{client: c, cfg: cfg, over: make(chan struct{})}
	cache.root, cache.top = path, new(node)
	cache.ctx, cache.cancel = context.WithCancel(context.Background())
	cache.ready = future.NewPromise[future.Void](nil)
	cache.inbox.wake = make(chan struct{}, 1)
	l := &loop{Cache: cache, works: make(map[key]*work), latest: make(map[string]*slot), resting: make(map[key]bool),
		watches: make(map[key]*future.Future[zkasync.Event]), syncs: make(map[*future.Promise[future.Void]]func())}
	if err == nil {
		l.watch()
	}
	cache.loaded = core.OnHandler(c, cache.ready.Future())
	go l.run(err)
	return cache
}

// Path returns the path of the root.
func (c *Cache) Path() string { return c.root }

// Ready completes when the first load is complete. It fails if the cache ends first.
func (c *Cache) Ready() *future.Future[future.Void] { return c.loaded }

// Refresh reads everything again. Use it after permissions have changed, which servers do not report.
func (c *Cache) Refresh() { c.inbox.post((*loop).startGap) }

func (c *Cache) failure(op string, err error) error {
	return &Error{Op: op, Path: c.root, Err: causeOf(err)}
}

// Done returns a channel that is closed when the cache has ended.
func (c *Cache) Done() <-chan struct{} { return c.over }

// Err returns why the cache has ended, or nil if it has not: [ErrClosed], a [*LimitError], zkasync.ErrClosed after the
// client's Close, zkasync.ErrAuthFailed, zk.ErrInvalidPath, or what is wrong with an option.
func (c *Cache) Err() error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.err
}

// Close ends the cache and all its subscriptions. When it returns, no goroutine of it is left. It may be called again.
func (c *Cache) Close() {
	c.cancel()
	<-c.over
}
