package typed

import (
	"context"
	"iter"

	"github.com/zkasync/zkasync-go/zkasync"
)

// Reading is a value of a [Live]: Exists is false if there is no znode, and Err is a [*DecodeError], or why the server did
// not return the data.
type Reading[T any] = zkasync.Reading[Versioned[T]]

// Live is a value that is kept current, see [zkasync.Live], of which it has the methods and the rules. It decodes what it
// delivers, each time that it does so. It is safe for concurrent use and uses no goroutine.
type Live[T any] struct {
	n    *Nodes[T]
	path string
	live *zkasync.Live[zkasync.Node]
}

// Watch keeps the value of a znode current. The znode need not exist. It ends when ctx is done, on Close, or with the
// client. Data that cannot be decoded is delivered as a Reading with Err, and the znode stays watched.
func (n *Nodes[T]) Watch(ctx context.Context, path string) *Live[T] {
	return &Live[T]{n, path, n.c.WatchData(ctx, path)}
}

// C returns the channel of the underlying [zkasync.Live], for select; pass what comes from it to Decode.
func (l *Live[T]) C() <-chan zkasync.Reading[zkasync.Node] { return l.live.C() }

// Decode returns what a reading from C says.
func (l *Live[T]) Decode(r zkasync.Reading[zkasync.Node]) Reading[T] {
	typed := Reading[T]{Exists: r.Exists, Err: r.Err}
	if r.Exists && r.Err == nil {
		typed.Value, typed.Err = l.n.decode(l.path, r.Value)
	}
	return typed
}

// All ranges over the values from C until l has ended or ctx is done. The last pair carries the reason, that of Err or of
// ctx. Leaving the loop does not end l.
func (l *Live[T]) All(ctx context.Context) iter.Seq2[Reading[T], error] {
	return func(yield func(Reading[T], error) bool) {
		for r, err := range l.live.All(ctx) {
			if !yield(l.Decode(r), err) {
				return
			}
		}
	}
}

// Latest returns the newest value, or false if there is none yet.
func (l *Live[T]) Latest() (Reading[T], bool) {
	r, known := l.live.Latest()
	return l.Decode(r), known
}

// OnChange calls fn with the newest value, if there is one, and with later ones, on the client's handler. After remove, fn
// is not called again.
func (l *Live[T]) OnChange(fn func(Reading[T])) (remove func()) {
	if fn == nil {
		return func() {}
	}
	return l.live.OnChange(func(r zkasync.Reading[zkasync.Node]) { fn(l.Decode(r)) })
}

// Done returns a channel that is closed when l has ended.
func (l *Live[T]) Done() <-chan struct{} { return l.live.Done() }

// Err returns why l has ended, or nil if it has not.
func (l *Live[T]) Err() error { return l.live.Err() }

// Close ends l at once.
func (l *Live[T]) Close() { l.live.Close() }

// Refresh reads the value again. If it has not changed, nothing is delivered.
func (l *Live[T]) Refresh() { l.live.Refresh() }
