package zkasync

import (
	"context"
	"fmt"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/mux"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// op is common to all operations. The request in the multiplexer's queues and the future in the user's hands are one
// allocation.
type op[T any] struct {
	promise future.Promise[T]
	v       *view
	ctx     context.Context // nil: never done
	path    string
	code    wire.OpCode
	repeat  opFlags
}

// init initializes o. Its callbacks run on ex; steps of composite operations have no executor and run on the goroutine
// that completes them.
func (o *op[T]) init(v *view, ctx context.Context, ex future.Executor, code wire.OpCode, path string) {
	o.promise.Init(ex)
	o.v, o.code, o.path = v, code, path
	if hs := v.c.hooks; hs != nil {
		ctx = observe(hs, &o.promise, ctx, ex, code.String(), path)
		o.ctx = ctx
	} else if ctx != nil && ctx.Done() != nil {
		o.ctx = ctx
	}
	o.repeat.idempotent = v.c.cfg.retry != nil && isIdempotent(ctx)
}

func (o *op[T]) Op() wire.OpCode           { return o.code }
func (o *op[T]) Context() context.Context  { return o.ctx }
func (o *op[T]) flags() *opFlags           { return &o.repeat }
func (o *op[T]) future() *future.Future[T] { return o.promise.Future() }

// Fail implements mux.Request.
func (o *op[T]) Fail(f mux.Failure) { o.fail(failure(o.code.String(), o.path, f)) }

// fail fails the operation.
func (o *op[T]) fail(e *OpError) {
	o.v.c.tally.add(e.Outcome)
	o.promise.Reject(e)
}

// finish completes the future with the decoded reply.
func (o *op[T]) finish(v T, err error) {
	if err != nil {
		o.fail(undecodable(o.code.String(), o.path, err))
		return
	}
	o.promise.Resolve(v)
}

func (o *op[T]) reject(code int32) {
	o.rejected(&OpError{Op: o.code.String(), Path: o.path, Outcome: OutcomeRejected, Err: o.v.serverError(code)})
}

// rejected fails an operation that the server rejected, perhaps because an earlier attempt was applied.
func (o *op[T]) rejected(e *OpError) {
	if o.repeat.doubt && !harmless[o.code] {
		e.Outcome = OutcomeUnknown
	}
	o.fail(e)
}

// refuse fails an operation that breaks a rule.
func (o *op[T]) refuse(err error) { o.fail(refusal(o.code.String(), o.path, err)) }

// send submits r, which o is a part of, unless its context is done or its frame would be too long for the server.
func (o *op[T]) send(r request) *future.Future[T] {
	switch err := o.checkSend(r.Size()); {
	case err != nil:
		o.refuse(err)
	default:
		if hs := o.v.c.hooks; hs != nil {
			r = hs.request(o.ctx, o.v.c.view.strip(wire.FullPath(o.v.chroot, o.path)), r)
		}
		o.v.c.submit(o.v.c.lasting(r))
	}
	return o.future()
}

// requestHeaderSize is the length of the xid and the opcode.
const requestHeaderSize = 8

func (o *op[T]) checkSend(record int) error {
	if o.ctx != nil {
		if err := o.ctx.Err(); err != nil {
			return err
		}
	}
	if size, limit := record+requestHeaderSize, o.v.c.cfg.maxRequest; size > limit {
		return fmt.Errorf("request of %d bytes exceeds the limit of %d (WithMaxRequestSize, the servers' jute.maxbuffer)",
			size, limit)
	}
	return nil
}

// pathSize is the length of the path's string in a record.
func (o *op[T]) pathSize() int { return 4 + wire.PathLen(o.v.chroot, o.path) }

// failed returns a future that has failed before anything was sent.
func failed[T any](c *Client, ctx context.Context, code wire.OpCode, path string, err error) *future.Future[T] {
	ex := c.completion(path)
	p := future.NewPromise[T](ex)
	observe(c.hooks, p, ctx, ex, code.String(), path)
	c.tally.add(OutcomeNotSent)
	p.Reject(refusal(code.String(), path, err))
	return p.Future()
}
