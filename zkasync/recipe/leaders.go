package recipe

import (
	"context"
	"errors"
	"iter"
	"sync"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/stream"
)

// Leaders follows the leaders of an [Election], with their values and fences: see [Election.Observe]. It is read like a
// [zkasync.Live]: from the channel of C or with range over All, which share one channel and so serve one reader; with
// callbacks; and without waiting by Latest. It uses no goroutine and is safe for concurrent use.
//
// It delivers the current leader first, or the zero Contender if there is none, and then later ones. A slow reader may
// miss leaders that come and go quickly, but never the last one.
type Leaders struct {
	c      *zkasync.Client
	path   string
	role   role
	newest *stream.Latest[Contender] // ended by end
	done   chan struct{}             // closed by end

	mu     sync.Mutex
	unlink func() bool
	event  *future.Future[zkasync.Event] // that is waited for
	err    error
}

// Observe follows the leaders, across lost connections and sessions, until ctx is done, Close is called, or the client
// stops. It watches only the leader, so candidates that wait cost nothing.
func (e *Election) Observe(ctx context.Context) *Leaders {
	ctx = core.OrBackground(ctx)
	l := &Leaders{c: e.s.c, path: e.s.path, role: e.s.role, done: make(chan struct{})}
	l.newest = stream.NewLatest[Contender](func(fn func()) { core.Post(l.c, fn) })
	l.mu.Lock()
	l.unlink = l.c.AfterFunc(ctx, func() { l.end(context.Cause(ctx)) })
	l.mu.Unlock()
	if e.s.cfg.err != nil {
		l.end(e.s.cfg.err)
	}
	l.look()
	return l
}

// C returns the channel of leaders, the same one for each call. It holds the newest leader that has not been received,
// and is closed at the end; Err then says why.
func (l *Leaders) C() <-chan Contender { return l.newest.C() }

// All ranges over the channel of C until it is closed or ctx is done. The last pair carries the reason, that of Err or of
// ctx. Leaving the loop does not end l.
func (l *Leaders) All(ctx context.Context) iter.Seq2[Contender, error] {
	return stream.All(ctx, l.newest.C(), l.Err)
}

// Latest returns the newest leader, or false as long as none is known.
func (l *Leaders) Latest() (Contender, bool) {
	return l.newest.Get()
}

// OnChange calls fn with the current leader, if it is known, and with later ones, on the client's handler. Each call
// receives the leader that is newest when it runs. After remove, fn is not called again; a call in progress is not waited
// for.
func (l *Leaders) OnChange(fn func(Contender)) (remove func()) {
	return l.newest.OnChange(fn)
}

// Done returns a channel that is closed when l has ended.
func (l *Leaders) Done() <-chan struct{} { return l.done }

// Err returns why l has ended, or nil if it has not: the cause of its context, [ErrReleased] after Close,
// zkasync.ErrClosed after the client's Close, or a server's rejection.
func (l *Leaders) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// Close ends l at once. Callbacks that have not started are dropped, as when the client stops; a leader in the channel can
// still be received.
func (l *Leaders) Close() { l.end(ErrReleased) }

// end ends l, once.
func (l *Leaders) end(why error) {
	l.mu.Lock()
	if l.err != nil {
		l.mu.Unlock()
		return
	}
	l.err = &Error{Op: "observe", Path: l.path, Err: why}
	event := l.event
	l.event = nil
	close(l.done)
	l.mu.Unlock()
	l.newest.End()
	l.unlink()
	if event != nil {
		l.c.Unwatch(event)
	}
}

// show makes a leader the latest, delivers it if it is a different one, and waits for the next change.
func (l *Leaders) show(leader Contender, event *future.Future[zkasync.Event]) {
	l.mu.Lock()
	if l.err != nil {
		l.mu.Unlock()
		l.c.Unwatch(event)
		return
	}
	l.event = event
	l.mu.Unlock()
	if latest, known := l.newest.Get(); !known || latest != leader {
		l.newest.Show(leader)
	}
	then(event, func(_ zkasync.Event, err error) {
		if over(err) {
			l.end(err)
			return
		}
		l.look()
	})
}

// look finds out who leads.
func (l *Leaders) look() {
	if l.Err() != nil {
		return
	}
	ask(l.c, func(ctx context.Context) *future.Future[zkasync.Children] { return l.c.Children(ctx, l.path) },
		func(list zkasync.Children, err error) {
			queue := l.role.queue(list.Names)
			switch {
			case core.IsNoNode(err):
				l.awaitPath()
			case err != nil:
				l.end(err)
			case len(queue) == 0:
				l.awaitCandidate()
			default:
				l.read(core.Join(l.path, queue[0].name))
			}
		})
}

// read reads and watches the first candidate.
func (l *Leaders) read(path string) {
	ask(l.c, func(ctx context.Context) *future.Future[zkasync.Watched[zkasync.Node]] { return l.c.GetW(ctx, path) },
		func(w zkasync.Watched[zkasync.Node], err error) {
			switch {
			case errors.Is(err, zk.ErrNoNode):
				l.look()
			case err != nil:
				l.end(err)
			default:
				st := w.Value.Stat
				l.show(Contender{path, string(w.Value.Data), st.Czxid, st.EphemeralOwner}, w.Event)
			}
		})
}

// awaitPath waits for the path to exist.
func (l *Leaders) awaitPath() {
	ask(l.c, func(ctx context.Context) *future.Future[zkasync.Watched[*zk.Stat]] { return l.c.ExistsW(ctx, l.path) },
		func(w zkasync.Watched[*zk.Stat], err error) { l.none(w.Value == nil, w.Event, err) })
}

// awaitCandidate waits for a candidate.
func (l *Leaders) awaitCandidate() {
	ask(l.c, func(ctx context.Context) *future.Future[zkasync.Watched[zkasync.Children]] {
		return l.c.ChildrenW(ctx, l.path)
	},
		func(w zkasync.Watched[zkasync.Children], err error) {
			l.none(len(l.role.queue(w.Value.Names)) == 0, w.Event, err)
		})
}

// none waits if there is no candidate, and otherwise looks again.
func (l *Leaders) none(nobody bool, event *future.Future[zkasync.Event], err error) {
	switch {
	case core.IsNoNode(err):
		l.look()
	case err != nil:
		l.end(err)
	case nobody:
		l.show(Contender{}, event)
	default:
		l.c.Unwatch(event)
		l.look()
	}
}
