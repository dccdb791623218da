package cache

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/stream"
)

// Level is a znode's children with their data at one time. It never changes. The zero Level has no children.
type Level struct {
	entries []*Entry // sorted by name
}

// Get returns the child of this name, or false if there is none.
func (v Level) Get(name string) (Entry, bool) {
	i, found := v.search(name)
	if !found {
		return Entry{}, false
	}
	return *v.entries[i], true
}

func (v Level) search(name string) (int, bool) {
	return slices.BinarySearchFunc(v.entries, name, func(e *Entry, name string) int { return strings.Compare(nameOf(e), name) })
}

func nameOf(e *Entry) string {
	_, name := split(e.Path)
	return name
}

// All ranges over the names and the children, sorted by name. Use maps.Collect to turn it into a map.
func (v Level) All() iter.Seq2[string, Entry] {
	return func(yield func(string, Entry) bool) {
		for _, e := range v.entries {
			if !yield(nameOf(e), *e) {
				return
			}
		}
	}
}

// Len returns the number of children.
func (v Level) Len() int { return len(v.entries) }

// ChildrenData is a znode's children with their data, kept current (Curator: PathChildrenCache). [WatchChildrenData]
// returns one. It is like a [zkasync.Live], with the same methods: it delivers the present state first and then later
// ones; a slow reader skips states but always gets the newest. States can be read from the channel of C or with range
// over All, which share one channel and so are for one reader; with callbacks; and without waiting by Latest. It is safe
// for concurrent use.
//
// In its [zkasync.Reading], Exists is false if there is no such znode, and Err is set if the server does not list its
// children.
type ChildrenData struct {
	cache  *Cache
	sub    *Subscription
	newest *stream.Latest[zkasync.Reading[Level]] // filled and ended by run
	over   chan struct{}                          // closed when run has ended
}

// WatchChildrenData keeps the children of the znode at path current, with their data. The znode need not exist. It takes
// the options of a [Cache] and lasts as long as one, until Close.
func WatchChildrenData(c *zkasync.Client, path string, opts ...Option) *ChildrenData {
	return newChildrenData(Open(c, path, append(slices.Clone(opts), WithDepth(1))...))
}

// newChildrenData follows a cache, which may have been loaded already.
func newChildrenData(cache *Cache) *ChildrenData {
	d := &ChildrenData{cache: cache, sub: cache.Subscribe(), over: make(chan struct{})}
	d.newest = stream.NewLatest[zkasync.Reading[Level]](func(fn func()) { core.Post(cache.client, fn) })
	go d.run()
	return d
}

// run is the goroutine of d. Close joins it.
func (d *ChildrenData) run() {
	defer close(d.over)
	defer d.newest.End()
	var now zkasync.Reading[Level]
	synced := false
	for ended := false; !ended; {
		select {
		case <-d.sub.wake:
		case <-d.sub.done:
			ended = true
		}
		changed, entries := false, slices.Clone(now.Value.entries) // readers may still use the old slice
		for e, ok := d.sub.next(); ok; e, ok = d.sub.next() {
			changed = changed || e.Kind != Synced || !synced
			synced = synced || e.Kind == Synced
			switch {
			case e.Kind == Synced:
			case e.Path == d.cache.root:
				now.Exists, now.Err = e.Kind != Deleted && e.New.Err == nil, e.New.Err
			default:
				entries = apply(entries, e)
			}
		}
		now.Value.entries = entries
		if synced && changed {
			d.show(now)
		}
	}
}

// apply returns the entries after an event.
func apply(entries []*Entry, e Event) []*Entry {
	_, name := split(e.Path)
	i, found := Level{entries}.search(name)
	switch {
	case e.Kind == Deleted && found:
		return slices.Delete(entries, i, i+1)
	case e.Kind == Deleted:
		return entries
	case found:
		entries[i] = &e.New
		return entries
	default:
		return slices.Insert(entries, i, &e.New)
	}
}

func (d *ChildrenData) show(now zkasync.Reading[Level]) {
	if !now.Exists {
		now.Value = Level{}
	}
	d.newest.Show(now)
}

// C returns the channel of states, the same one for each call. It holds the newest state that has not been received, and
// is closed when d has ended.
func (d *ChildrenData) C() <-chan zkasync.Reading[Level] { return d.newest.C() }

// All ranges over the channel of C until it is closed or ctx ends. The last pair carries the reason, that of Err or of ctx.
// Leaving the loop does not end d.
func (d *ChildrenData) All(ctx context.Context) iter.Seq2[zkasync.Reading[Level], error] {
	return stream.All(ctx, d.newest.C(), d.Err)
}

// Latest returns the newest state, or false if there is none yet.
func (d *ChildrenData) Latest() (zkasync.Reading[Level], bool) {
	return d.newest.Get()
}

// OnChange calls fn with the present state, if it is known, and with later ones, on the client's handler, in one
// sequence with all its callbacks. Each call receives the state that is newest when it runs. After remove, fn is not
// called again; a call in progress is not waited for. It takes nothing from the channel.
func (d *ChildrenData) OnChange(fn func(zkasync.Reading[Level])) (remove func()) {
	return d.newest.OnChange(fn)
}

// Cache returns the underlying cache.
func (d *ChildrenData) Cache() *Cache { return d.cache }

// Done returns a channel that is closed when d has ended.
func (d *ChildrenData) Done() <-chan struct{} { return d.over }

// Err returns why d has ended, or nil if it has not: see [Cache.Err].
func (d *ChildrenData) Err() error { return d.cache.Err() }

// Refresh reads everything again. If nothing has changed, nothing is delivered.
func (d *ChildrenData) Refresh() { d.cache.Refresh() }

// Close ends d. When it returns, no goroutine of it is left. A state that waits in the channel stays there.
func (d *ChildrenData) Close() {
	d.cache.Close()
	<-d.over
}
