package zkasync

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/zkasync/zkasync-go/future"
)

// operation is an operation that hooks observe: the work for one future, whatever requests that takes.
type operation struct {
	hs    *hookCalls
	ctx   context.Context // for hooks
	start OperationStart

	mu             sync.Mutex
	requests       int
	sent, received int
	server         string
	first, last    time.Time // when the first request was written, and the last one answered
}

// operationKey is the key of the operation in the context of its requests.
type operationKey struct{}

// operationOf returns the operation that a request with this context is for, or nil.
func operationOf(ctx context.Context) *operation {
	if ctx == nil {
		return nil
	}
	op, _ := ctx.Value(operationKey{}).(*operation)
	return op
}

// observe reports to hooks an operation whose future is that of p, and returns the context for its requests. Without an
// executor, p is the promise of a step, which belongs to the operation in its context.
func observe[T any](hs *hookCalls, p *future.Promise[T], ctx context.Context, ex future.Executor, name, path string) context.Context {
	if hs == nil || ex == nil || len(hs.starts)+len(hs.ends) == 0 {
		return ctx
	}
	op := hs.begin(ctx, name, path)
	if op == nil {
		return ctx
	}
	p.Observe(func(_ T, err error) { op.end(err) })
	return context.WithValue(orBackground(ctx), operationKey{}, op)
}

// begin reports the start. It returns nil if hooks are not called any more.
func (hs *hookCalls) begin(ctx context.Context, name, path string) *operation {
	if !hs.enter() {
		return nil
	}
	op := &operation{hs: hs, ctx: orBackground(ctx), start: OperationStart{Name: name, Path: path, At: time.Now()}}
	returned := false
	defer func() {
		hs.started()
		if !returned {
			hs.leave() // runtime.Goexit: there will be no operation
		}
	}()
	for _, h := range hs.starts {
		op.ctx = hs.callStart(h, op.ctx, op.start)
	}
	returned = true
	return op
}

// end reports the end.
func (op *operation) end(err error) {
	defer op.hs.leave()
	now := time.Now()
	e := OperationEnd{OperationStart: op.start, Err: err, Took: now.Sub(op.start.At)}
	var failed *OpError
	if errors.As(err, &failed) {
		e.Outcome = failed.Outcome
	}
	op.mu.Lock()
	e.Requests, e.Sent, e.Received, e.Server = op.requests, op.sent, op.received, op.server
	e.Queued = e.Took
	if op.requests > 0 {
		e.Queued = op.first.Sub(op.start.At)
		e.Wire = max(op.last.Sub(op.first), 0)
	}
	op.mu.Unlock()
	tellHooks(op.hs, op.hs.ends, "OnOperationEnd", func(h OperationEndHook) { h.OnOperationEnd(op.ctx, e) })
}

// written notes a request that was written, or the operation's part of one.
func (op *operation) written(at time.Time, server string, size int) {
	op.mu.Lock()
	defer op.mu.Unlock()
	if op.requests++; op.requests == 1 {
		op.first = at
	}
	op.sent += size
	op.server = server
}

// answered notes the end of a request, with the size of the answer.
func (op *operation) answered(at time.Time, size int) {
	op.mu.Lock()
	defer op.mu.Unlock()
	op.received += size
	op.last = at
}
