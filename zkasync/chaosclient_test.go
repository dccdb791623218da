package zkasync_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// chaosClient is one client and what its workers know. All single operations go through submit, which numbers them.
type chaosClient struct {
	x     *chaos
	name  string
	c     *zkasync.Client
	log   *chaosLog
	kinds tally // of outcomes

	// retries says that the client has WithRetry: operations that fail may then overtake those that are repeated.
	retries bool

	submitting sync.Mutex
	submitted  int64

	completed, called     atomic.Int64 // numbers of the latest completion and callback
	lateDone, lateCalled  atomic.Int64 // completions and callbacks out of order
	doneCount, calledDone atomic.Int64

	states journal
}

func newChaosClient(x *chaos, i int, servers string) *chaosClient {
	cc := &chaosClient{x: x, name: fmt.Sprintf("client %d", i)}
	opts := []zkasync.Option{zkasync.WithSessionTimeout(chaosSession)}
	if cc.retries = i == chaosClients-1; cc.retries {
		opts = append(opts, zkasync.WithRetry(zkasync.RetryPolicy{}))
	}
	cc.c = connect(x.t, servers, opts...)
	cc.log = &chaosLog{cc: cc, path: fmt.Sprintf("%s/%d", logsPath, i)}
	cc.c.OnState(func(change zkasync.StateChange) {
		cc.states.add(fmt.Sprintf("%v %v %#x %v", x.since(), change.State, change.SessionID, change.Err))
		x.lock.stateChanged(cc, change)
	})
	return cc
}

// submit numbers an operation, and checks the order of completions and callbacks.
func submit[T any](cc *chaosClient, do func() *future.Future[T]) *future.Future[T] {
	cc.submitting.Lock()
	defer cc.submitting.Unlock()
	cc.submitted++
	n := cc.submitted
	f := do()
	future.Then(future.Settle(f), func(rs []future.Result[T]) (future.Void, error) {
		cc.kinds.add(kindOf(rs[0].Err))
		cc.doneCount.Add(1)
		if cc.completed.Swap(n) != n-1 {
			cc.lateDone.Add(1)
		}
		return future.Void{}, nil
	})
	f.OnDone(func(T, error) {
		cc.calledDone.Add(1)
		if cc.called.Swap(n) != n-1 {
			cc.lateCalled.Add(1)
		}
	})
	return f
}

func (cc *chaosClient) idle() bool { return cc.pending() == 0 }

func (cc *chaosClient) pending() int64 {
	cc.submitting.Lock()
	defer cc.submitting.Unlock()
	return cc.submitted - min(cc.doneCount.Load(), cc.calledDone.Load())
}

func (cc *chaosClient) check() {
	if n := cc.lateDone.Load(); n > 0 && !cc.retries {
		cc.x.t.Errorf("%s: %d of %d completions were out of order", cc.name, n, cc.submitted)
	}
	if n := cc.lateCalled.Load(); n > 0 && !cc.retries {
		cc.x.t.Errorf("%s: %d of %d callbacks were out of order", cc.name, n, cc.submitted)
	}
	cc.x.t.Logf("%s: %v; %d changes of state", cc.name, &cc.kinds, len(cc.states.all()))
}

// told returns the changes of state that the client has reported.
func (cc *chaosClient) told() string {
	return fmt.Sprintf("%s:\n    %s", cc.name, strings.Join(cc.states.all(), "\n    "))
}

// over reports whether the workers must begin nothing new.
func (cc *chaosClient) over() bool {
	select {
	case <-cc.x.calm:
		return true
	default:
		return false
	}
}

// rest pauses a worker, for no longer than the run lasts.
func (cc *chaosClient) rest(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-cc.x.calm:
	}
}

// settled waits for a future until the run ends. If the future never completes, pending notices that.
func settled[T any](cc *chaosClient, f *future.Future[T]) (T, error) { return f.Get(cc.x.ctx) }

func asOpError(err error, e **zkasync.OpError) bool { return errors.As(err, e) }

// isOver reports whether an error is only the end of the run.
func isOver(err error) bool {
	return errors.Is(err, zkasync.ErrClosed) || errors.Is(err, context.Canceled)
}
