package zkasync

import (
	"bytes"
	"context"
	"slices"
	"sync"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// Bulk writes many znodes at several times the rate of single requests. [Client.Bulk] makes one. Each write has its own
// future and succeeds or fails by itself, as if it had been sent alone; but writes that gather while earlier ones are in
// flight travel together, up to 64 of them in one transaction, and a server handles a transaction in little more time
// than a single write.
//
// A Bulk is not atomic: for that there is [Client.Multi]. A transaction that the server refuses because of one of its
// writes is taken apart and sent again, so that each write gets its own answer. When the connection is lost, each write
// fails with what is known about it, [ErrNotSent] or [ErrOutcomeUnknown], or is repeated by the rules of [WithRetry].
//
// The futures complete in the order of the calls. The server may apply the writes in another order, but never one whose
// results could differ: a write that depends on an earlier one, because it concerns the same znode or its parent or
// child, is sent together with it or after it. There is no order between a Bulk's writes and other operations of the
// client, or events of its watches: wait for the future of a write before an operation that relies on it.
//
// A Bulk uses no goroutine, needs no Close, and ends with its context and its client: a stop sends the transactions that
// are queued, and writes that still wait for others in flight fail with [ErrNotSent]. It is safe for concurrent use. The
// number of writes that wait in it is not bounded: a program that writes more than fits into memory should wait for
// earlier futures from time to time.
type Bulk struct {
	c   *Client
	ctx context.Context

	mu      sync.Mutex
	running bool         // a goroutine is in run
	waiting []bulkWrite  // not sent yet
	groups  []*bulkGroup // sent and not delivered yet, in order
	claims  bulkClaims   // of the groups that are not answered
	flying  int          // how many groups are not answered
}

// Bulk returns a [Bulk] of the client. When ctx ends, writes that have not been sent fail with its error; nil means
// Background.
func (c *Client) Bulk(ctx context.Context) *Bulk { return &Bulk{c: c, ctx: orBackground(ctx)} }

// Create is like [Client.Create]. Servers before 3.7.2, 3.8.2 and 3.9.0 do not return the Stat of a create in a transaction
// (ZOOKEEPER-4026); it is zero then. Creates with [TTL], [MakeParents] or [Protected] are sent alone.
func (b *Bulk) Create(path string, data []byte, opts ...CreateOption) *future.Future[Created] {
	spec, err := b.c.createSpec(opts)
	if err == nil {
		err = checkCreatePath(path, spec.sequential)
	}
	switch {
	case err != nil:
		return failed[Created](b.c, b.ctx, wire.OpCreate2, path, err)
	case spec.hasTTL || spec.parents || spec.protected:
		return b.c.Create(b.ctx, path, data, opts...)
	}
	w := &bulkWriteOf[Created]{value: func(r MultiResult) Created { return Created(r) }}
	w.op = MultiOp{path: path, data: bytes.Clone(data), spec: spec}
	w.op.mode, w.op.code = spec.mode()
	return addTo(b, w, b.c.completion(path))
}

// Set is like [Client.Set].
func (b *Bulk) Set(path string, data []byte, version int32) *future.Future[zk.Stat] {
	if err := checkPath(path); err != nil {
		return failed[zk.Stat](b.c, b.ctx, wire.OpSetData, path, err)
	}
	w := &bulkWriteOf[zk.Stat]{value: func(r MultiResult) zk.Stat { return r.Stat }}
	w.op = SetOp(path, data, version)
	return addTo(b, w, b.c.completion(path))
}

// Delete is like [Client.Delete].
func (b *Bulk) Delete(path string, version int32) *future.Future[future.Void] {
	return b.delete(path, version, b.c.completion(path))
}

func (b *Bulk) delete(path string, version int32, ex future.Executor) *future.Future[future.Void] {
	if err := checkDeletable(path); err != nil {
		return failed[future.Void](b.c, b.ctx, wire.OpDelete, path, err)
	}
	w := &bulkWriteOf[future.Void]{value: func(MultiResult) future.Void { return future.Void{} }}
	w.op = DeleteOp(path, version)
	return addTo(b, w, ex)
}

// bulkWrite is one write. Its fields are used only by the goroutine that deals with its group at the time.
type bulkWrite interface {
	about() *bulkEntry
	deliver() // completes the future
}

// bulkEntry is the part of a write that does not depend on its type.
type bulkEntry struct {
	op       MultiOp
	result   MultiResult
	err      error
	observed *operation // by hooks; nil: it is not, or is a step of another operation
}

func (e *bulkEntry) about() *bulkEntry { return e }

// bulkWriteOf is a write whose result is a T.
type bulkWriteOf[T any] struct {
	bulkEntry
	promise future.Promise[T]
	value   func(MultiResult) T
}

func (w *bulkWriteOf[T]) deliver() {
	if w.err != nil {
		w.promise.Reject(w.err)
		return
	}
	w.promise.Resolve(w.value(w.result))
}

func addTo[T any](b *Bulk, w *bulkWriteOf[T], ex future.Executor) *future.Future[T] {
	w.promise.Init(ex)
	if hs := b.c.hooks; hs != nil && ex != nil {
		w.observed = operationOf(observe(hs, &w.promise, b.ctx, ex, w.op.code.String(), w.op.path))
	}
	b.mu.Lock()
	b.waiting = append(b.waiting, w)
	b.run()
	return w.promise.Future()
}

// run sends the groups that may be sent, delivers those whose outcome is known, and unlocks. Only one goroutine does that at a
// time, so that groups are both sent and delivered in order.
func (b *Bulk) run() {
	if b.running {
		b.mu.Unlock()
		return
	}
	b.running = true
	for {
		g, send := b.nextLocked()
		if g == nil {
			break
		}
		b.mu.Unlock()
		if send {
			b.send(g, part{0, len(g.writes)}, 0)
		} else {
			g.deliver()
		}
		b.mu.Lock()
	}
	b.running = false
	b.mu.Unlock()
}

// nextLocked returns the next group to send or to deliver, or nil if there is none.
func (b *Bulk) nextLocked() (g *bulkGroup, send bool) {
	if len(b.groups) > 0 && b.groups[0].unknown == 0 {
		g = b.groups[0]
		b.groups[0] = nil
		b.groups = b.groups[1:]
		return g, false
	}
	if b.flying == bulkWindow {
		return nil, false
	}
	n := b.fitLocked()
	if n == 0 {
		return nil, false
	}
	g = &bulkGroup{writes: slices.Clone(b.waiting[:n]), unknown: n}
	clear(b.waiting[:n]) // so that the slice does not keep the writes in memory
	b.waiting = b.waiting[n:]
	g.tangled = b.claims.add(g.writes)
	b.flying++
	b.groups = append(b.groups, g)
	return g, true
}

const (
	// bulkWindow is the maximum number of groups in flight.
	bulkWindow = 64
	// bulkHaste is how many groups are in flight before writes wait until a group is full. With fewer, the servers have little to
	// do, so that waiting would gain nothing.
	bulkHaste = 2
	// bulkWrites is the maximum number of writes in a group. With 64, a write costs a server a fifth of what it costs alone. More
	// would gain little, and more would have to be sent again when one is refused.
	bulkWrites = 64
	// bulkBytes limits the size of a transaction, since some servers have small limits.
	bulkBytes = 32 << 10
)

// fitLocked returns how many of the waiting writes are sent now, as one group. It stops at a write that depends on one of a
// group in flight.
func (b *Bulk) fitLocked() (n int) {
	limit := min(bulkBytes, b.c.cfg.maxRequest/2)
	for size := 0; n < len(b.waiting) && n < bulkWrites; n++ {
		op := &b.waiting[n].about().op
		size += op.size(&b.c.view)
		if b.claims.conflict(op) || n > 0 && size > limit {
			return n
		}
	}
	if n < bulkWrites && b.flying >= bulkHaste {
		return 0
	}
	return n
}
