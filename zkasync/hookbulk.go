package zkasync

import (
	"context"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// bulkRequest is a transaction of a Bulk whose writes hooks observe: each is an operation, and the request is a part of all of them.
type bulkRequest struct {
	multiRequest
	each []*operation // nil: that write is observed by nobody
}

// sendGroup sends operations of a Bulk, which have been prepared, as one transaction.
func (b *Bulk) sendGroup(writes []bulkWrite) *future.Future[[]MultiResult] {
	ops := make([]MultiOp, 0, len(writes))
	observed := false
	for _, w := range writes {
		of := w.about()
		ops = append(ops, of.op)
		observed = observed || of.observed != nil
	}
	if !observed {
		return b.c.multi(b.ctx, nil, ops)
	}
	o := &bulkRequest{multiRequest{ops: ops}, make([]*operation, 0, len(writes))}
	for _, w := range writes {
		o.each = append(o.each, w.about().observed)
	}
	o.init(&b.c.view, b.ctx, nil, wire.OpMulti, "")
	return o.send(o)
}

// carries, written and answered implement sharedRequest.

func (o *bulkRequest) carries() (first *operation, n int) {
	for _, op := range o.each {
		if op != nil {
			return op, len(o.each)
		}
	}
	return nil, len(o.each)
}

func (o *bulkRequest) written(at time.Time, server string) {
	for i, op := range o.each {
		if op != nil {
			op.written(at, server, o.ops[i].size(o.v))
		}
	}
}

func (o *bulkRequest) answered(at time.Time, body []byte) {
	for _, op := range o.each {
		rest, _ := o.skipResult(body)
		if op != nil {
			op.answered(at, len(body)-len(rest))
		}
		body = rest
	}
}

// skipResult returns what comes behind the first result in body, nothing if it cannot be decoded.
func (o *bulkRequest) skipResult(body []byte) ([]byte, error) {
	code, _, _, body, err := wire.DecodeMultiHeader(body)
	if err != nil {
		return nil, err
	}
	_, _, body, err = decodeMultiResult(o.v, code, body)
	return body, err
}

// contextOf returns the context for a request of one write alone.
func (b *Bulk) contextOf(of *bulkEntry) context.Context {
	if of.observed == nil {
		return b.ctx
	}
	return context.WithValue(b.ctx, operationKey{}, of.observed)
}
