package zkasync

import (
	"context"
	"time"

	"github.com/zkasync/zkasync-go/internal/mux"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// observedRequest is a request that hooks observe. It is used by one goroutine at a time, as the request is.
type observedRequest struct {
	request
	hs        *hookCalls
	op        *operation // nil: it is for none
	path      string
	submitted time.Time
	flight    *hookFlight // nil: it is not in flight
}

// sharedRequest is a request that is a part of several operations.
type sharedRequest interface {
	carries() (first *operation, n int) // nil: none of them is observed
	written(at time.Time, server string)
	answered(at time.Time, body []byte) // the answer's, nil if there is none
}

// hookFlight is a request in flight, perhaps with several gets in it.
type hookFlight struct {
	Request
	hs   *hookCalls
	ctx  context.Context
	over bool
}

// frameHead is the length of a frame's length.
const frameHead = 4

// request returns r, wrapped so that hooks observe it. ctx is the operation's.
func (hs *hookCalls) request(ctx context.Context, path string, r request) request {
	if hs == nil || len(hs.starts)+len(hs.ends)+len(hs.requests) == 0 {
		return r
	}
	return &observedRequest{request: r, hs: hs, op: operationOf(ctx), path: path, submitted: time.Now()}
}

// Joins implements mux.Joinable.
func (o *observedRequest) Joins() bool {
	j, ok := o.request.(mux.Joinable)
	return ok && j.Joins()
}

// Depart implements mux.Departing.
func (o *observedRequest) Depart() bool {
	d, ok := o.request.(mux.Departing)
	return !ok || d.Depart()
}

// unapplied implements claimant.
func (o *observedRequest) unapplied() {
	if r, ok := o.request.(claimant); ok {
		r.unapplied()
	}
}

// Reply implements mux.Request.
func (o *observedRequest) Reply(code int32, body []byte) {
	o.landed(frameHead+wire.HeaderLen+len(body), body)
	o.request.Reply(code, body)
}

// Fail implements mux.Request.
func (o *observedRequest) Fail(f mux.Failure) {
	o.lost(f)
	o.request.Fail(f)
}

// lost reports that a request in flight has failed, whether it is repeated or not.
func (o *observedRequest) lost(f mux.Failure) {
	if o.flight != nil {
		o.flight.end(failure(o.Op().String(), o.path, f), 0)
	}
	o.landed(0, nil)
}

// landed notes that it is not in flight any more. size is that of the answer's frame, and body what is in it.
func (o *observedRequest) landed(size int, body []byte) {
	if o.flight == nil {
		return
	}
	o.flight = nil
	if o.op != nil {
		o.op.answered(time.Now(), size)
	} else if s, ok := o.request.(sharedRequest); ok {
		s.answered(time.Now(), body)
	}
}

// end reports the end of a request, once.
func (f *hookFlight) end(err error, received int) {
	if f.over {
		return
	}
	f.over = true
	r := f.Request
	r.Err, r.Received, r.Wire = err, received, time.Since(r.At)
	tellHooks(f.hs, f.hs.requests, "OnRequest", func(h RequestHook) { h.OnRequest(f.ctx, r) })
}

// hookTracer tells hooks what the multiplexer writes and reads.
type hookTracer struct{ hs *hookCalls }

// tracer returns what the multiplexer tells, or nil if no hook wants to know.
func (hs *hookCalls) tracer() mux.Tracer {
	if hs == nil || len(hs.ends)+len(hs.requests) == 0 {
		return nil
	}
	return hookTracer{hs}
}

// Written implements mux.Tracer.
func (t hookTracer) Written(r mux.Request, server string, size int) {
	parts := mux.Parts(r)
	one := observedIn(r)
	if parts == nil && one == nil {
		return // the client's own, or go-zookeeper's
	}
	f := &hookFlight{hs: t.hs, ctx: context.Background()}
	f.Request = Request{Name: r.Op().String(), Operations: max(len(parts), 1), Server: server, At: time.Now(), Sent: size}
	if one != nil {
		f.Path = one.path
		one.written(f, size)
	}
	for _, part := range parts {
		if o := observedIn(part); o != nil {
			o.written(f, mux.PartHead+part.Size())
		}
	}
}

func (o *observedRequest) written(f *hookFlight, size int) {
	first := o.op
	if s, ok := o.request.(sharedRequest); ok {
		first, f.Operations = s.carries()
		s.written(f.At, f.Server)
	} else if o.op != nil {
		o.op.written(f.At, f.Server, size)
	}
	if f.Queued == 0 {
		f.Queued = f.At.Sub(o.submitted)
		if first != nil {
			f.ctx = first.ctx
		}
	}
	o.flight = f
}

// Answered implements mux.Tracer.
func (t hookTracer) Answered(r mux.Request, code int32, size int) {
	if parts := mux.Parts(r); len(parts) > 0 {
		r = parts[0]
	}
	if o := observedIn(r); o != nil && o.flight != nil {
		var err error
		if code != 0 {
			err = ServerError{code}
		}
		o.flight.end(err, size)
	}
}

// observedIn returns the part of a request that hooks observe, or nil.
func observedIn(r mux.Request) *observedRequest {
	if l, ok := r.(*lasting); ok {
		r = l.request
	}
	o, _ := r.(*observedRequest)
	return o
}
