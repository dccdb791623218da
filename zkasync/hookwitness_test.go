package zkasync_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// witness is a hook that keeps everything that is reported to it.
type witness struct {
	mu          sync.Mutex
	starts      []zkasync.OperationStart
	ends        []zkasync.OperationEnd
	endContexts []context.Context
	requests    []zkasync.Request
	asked       []any // the start in the context of each request, nil if there is none
	attempts    []zkasync.Attempt
	connects    []zkasync.Connection
	disconnects []zkasync.Disconnection
	states      []zkasync.StateEvent
	watches     []zkasync.WatchEvent
	slows       []zkasync.SlowCallback
}

type startKey struct{}

func keep[T any](w *witness, to *[]T, v T) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*to = append(*to, v)
}

// told returns a copy of what has been kept so far.
func told[T any](w *witness, of *[]T) []T {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(*of)
}

func (w *witness) OnOperationStart(ctx context.Context, op zkasync.OperationStart) context.Context {
	keep(w, &w.starts, op)
	return context.WithValue(ctx, startKey{}, op)
}

func (w *witness) OnOperationEnd(ctx context.Context, op zkasync.OperationEnd) {
	keep(w, &w.ends, op)
	keep(w, &w.endContexts, ctx)
}

func (w *witness) OnRequest(ctx context.Context, r zkasync.Request) {
	keep(w, &w.requests, r)
	keep(w, &w.asked, ctx.Value(startKey{}))
}

func (w *witness) OnAttempt(a zkasync.Attempt)           { keep(w, &w.attempts, a) }
func (w *witness) OnConnect(c zkasync.Connection)        { keep(w, &w.connects, c) }
func (w *witness) OnDisconnect(d zkasync.Disconnection)  { keep(w, &w.disconnects, d) }
func (w *witness) OnStateChange(s zkasync.StateEvent)    { keep(w, &w.states, s) }
func (w *witness) OnWatch(e zkasync.WatchEvent)          { keep(w, &w.watches, e) }
func (w *witness) OnSlowCallback(s zkasync.SlowCallback) { keep(w, &w.slows, s) }

// hooked returns a client on a server in memory.
func hooked(t *testing.T, srv *zktest.Server, opts ...zkasync.Option) *zkasync.Client {
	t.Helper()
	return connect(t, srv.Addr(), append(srv.Options(), opts...)...)
}

func closeNow(t *testing.T, c *zkasync.Client) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}
