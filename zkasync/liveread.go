package zkasync

import (
	"context"
	"iter"

	"github.com/zkasync/zkasync-go/internal/feed"
)

// C returns the channel of values, the same one for each call. It holds the newest value that has not been received, and
// is closed when l has ended.
func (l *Live[T]) C() <-chan Reading[T] { return l.ch }

// All ranges over the channel of C until it is closed or ctx is done. The last pair carries the reason, that of Err or of
// ctx. Leaving the loop does not end l.
func (l *Live[T]) All(ctx context.Context) iter.Seq2[Reading[T], error] {
	return feed.All(ctx, l.ch, l.Err)
}

// Latest returns the newest value, or false if there is none yet.
func (l *Live[T]) Latest() (Reading[T], bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.latest, l.known
}

// Done returns a channel that is closed when l has ended.
func (l *Live[T]) Done() <-chan struct{} { return l.done }

// Err returns why l has ended, or nil if it has not: the error of its context, [ErrWatchRemoved] after Close,
// [ErrClosed] after the client's Close, [ErrAuthFailed], zk.ErrInvalidPath, or a [*GivenUpError] if each of its reads
// ended the connection.
func (l *Live[T]) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// Close ends l at once. Callbacks that have not started are dropped; a value that waits in the channel stays there.
func (l *Live[T]) Close() { l.quit(ErrWatchRemoved) }

// Refresh reads the value again. If it has not changed, nothing is delivered.
func (l *Live[T]) Refresh() { l.read(false) }
