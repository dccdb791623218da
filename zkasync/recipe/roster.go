package recipe

import (
	"context"
	"iter"
	"maps"
	"slices"
	"sync"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/stream"
)

// Roster is the list of a group's members with their data, kept current in memory: see [Group.Roster]. It follows
// changes across lost connections and sessions, even when the path is deleted and created again, and reads only what has
// changed. It uses no goroutine and is safe for concurrent use.
//
// It is read like a [zkasync.Live]: from the channel of C, with range over All, with callbacks, and without waiting by
// Latest. Changed is a future for the next change. The channel of C is for one reader; All may have many. A member that
// may not be read has an Err, and is read again after pauses of up to two seconds and with each change of the list,
// since no server reports changed permissions.
type Roster struct {
	c    *zkasync.Client
	path string

	ctx    context.Context // of reads
	cancel context.CancelFunc
	unlink func() bool
	newest *stream.Latest[[]Member] // for C and OnChange
	shown  int64                    // the revision that newest holds; used by news only
	done   chan struct{}            // closed when it has ended

	mu       sync.Mutex
	list     *future.Future[zkasync.Event] // the watch of the list, or of the missing path
	members  map[string]*seen
	unread   int      // members that were never read, plus the list if it was not
	known    bool     // all have been read once
	listed   bool     // the list has been read once
	latest   []Member // nil: to be built from members
	revision int64
	stale    error                        // why the list may not be read at the moment
	changed  *future.Promise[future.Void] // completes with the next change
	told     *future.Future[future.Void]  // the same for users, once requested
	err      error
}

// seen is a member, and the watch of its znode.
type seen struct {
	member Member
	read   bool
	turn   int                           // of the read that counts
	event  *future.Future[zkasync.Event] // nil while there is none
}

// Roster keeps the list of members current until ctx is done, Close is called, or the client stops.
func (g *Group) Roster(ctx context.Context) *Roster {
	r := &Roster{c: g.c, path: g.path, done: make(chan struct{}), members: make(map[string]*seen), unread: 1}
	r.newest = stream.NewLatest[[]Member](func(fn func()) { core.Post(r.c, fn) })
	ctx = core.OrBackground(ctx)
	r.ctx, r.cancel = context.WithCancel(ctx)
	r.changed = future.NewPromise[future.Void](nil)
	r.mu.Lock()
	r.unlink = r.c.AfterFunc(ctx, func() { r.end(context.Cause(ctx)) })
	r.mu.Unlock()
	if err := newConfig(g.opts).err; err != nil {
		r.end(err)
		return r
	}
	r.readList()
	return r
}

// Latest returns the members, by name, or false as long as they are not known. The slice is shared: do not write to it.
func (r *Roster) Latest() ([]Member, bool) {
	members, _, known := r.At()
	return members, known
}

// At is Latest with a revision number, which differs after each change.
func (r *Roster) At() (members []Member, revision int64, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.known {
		return nil, 0, false
	}
	if r.latest == nil {
		r.latest = make([]Member, 0, len(r.members))
		for _, name := range slices.Sorted(maps.Keys(r.members)) {
			if s := r.members[name]; s.read {
				r.latest = append(r.latest, s.member)
			}
		}
	}
	return r.latest, r.revision, true
}

// Changed returns a future that completes with the next change after this call, when the members become known, or at the
// end. To miss nothing, call it before Latest. Its callbacks run on the client's handler.
func (r *Roster) Changed() *future.Future[future.Void] {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.told == nil {
		r.told = core.OnHandler(r.c, r.changed.Future())
	}
	return r.told
}

// next is Changed for the recipes' own steps.
func (r *Roster) next() *future.Future[future.Void] {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed.Future()
}

// All ranges over the members: it yields them at first, and again after each change, until r or ctx has ended. Changes
// in quick succession are merged. The last pair carries the reason, that of Err or of ctx. Leaving the loop does not end
// r.
func (r *Roster) All(ctx context.Context) iter.Seq2[[]Member, error] {
	ctx = core.OrBackground(ctx)
	return func(yield func([]Member, error) bool) {
		for last := int64(-1); ctx.Err() == nil; {
			changed := r.next()
			members, revision, known := r.At()
			if err := r.Err(); err != nil {
				yield(nil, err)
				return
			}
			if known && revision != last && !yield(members, nil) {
				return
			}
			if known {
				last = revision
			}
			select {
			case <-changed.Done():
			case <-ctx.Done():
			}
		}
		yield(nil, context.Cause(ctx))
	}
}

// C returns the channel of the members, the same one for each call. It holds the newest list that has not been received,
// and is closed at the end; Err then says why. The slices are shared: do not write to them.
func (r *Roster) C() <-chan []Member {
	ch := r.newest.C()
	r.show()
	return ch
}

// OnChange calls fn with the members, if they are known, and again after changes, on the client's handler. Each call
// receives the list that is newest when it runs. After remove, fn is not called again; a call in progress is not waited
// for.
func (r *Roster) OnChange(fn func([]Member)) (remove func()) {
	remove = r.newest.OnChange(fn)
	r.show()
	return remove
}

// show delivers to the readers of C and OnChange what is new to them.
func (r *Roster) show() {
	if r.newest.Wanted() {
		r.newest.Pull(r.news)
	}
}

// news returns the members, unless they were shown.
func (r *Roster) news() ([]Member, bool) {
	members, revision, known := r.At()
	if !known || revision == r.shown {
		return nil, false
	}
	r.shown = revision
	return members, true
}

// Stale returns why the list may not be read at present, for example because a permission was taken away, or nil while
// it is current. The members are then those that were read last, and the list is read again as unreadable members are.
// Both changes are delivered like others.
func (r *Roster) Stale() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stale
}

// Done returns a channel that is closed when r has ended.
func (r *Roster) Done() <-chan struct{} { return r.done }

// Err returns why r has ended, or nil if it has not: the cause of its context, [ErrReleased] after Close,
// zkasync.ErrClosed after the client's Close, or the rejection if the path could never be listed.
func (r *Roster) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// Close ends r.
func (r *Roster) Close() { r.end(ErrReleased) }

// Refresh reads everything again, which is useful after permissions have changed. If nothing is new, nothing is
// delivered.
func (r *Roster) Refresh() {
	r.mu.Lock()
	if r.list == nil || r.err != nil { // the list is being read
		r.mu.Unlock()
		return
	}
	events := []*future.Future[zkasync.Event]{r.list}
	for _, s := range r.members {
		if s.event != nil {
			events = append(events, s.event)
		}
	}
	r.mu.Unlock()
	for _, event := range events {
		r.c.Unwatch(event) // which leads to a read
	}
}

// end ends it, once.
func (r *Roster) end(why error) {
	r.mu.Lock()
	if r.err != nil {
		r.mu.Unlock()
		return
	}
	r.err = &Error{Op: "watch group", Path: r.path, Err: why}
	events := []*future.Future[zkasync.Event]{r.list}
	for _, s := range r.members {
		events = append(events, s.event)
	}
	changed := r.changed
	close(r.done)
	r.unlink()
	r.mu.Unlock()
	r.cancel()
	for _, event := range events {
		if event != nil {
			r.c.Unwatch(event)
		}
	}
	changed.Resolve(future.Void{})
	r.newest.Pull(r.news) // the last list may not have been delivered yet
	r.newest.End()
}
