package zkasync

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/wire"
)

var (
	// ErrCommitted: the transaction has been applied, or is on its way, and takes no operations and no second commit.
	ErrCommitted error = &sentinel{text: "transaction committed already"}
	// ErrNotCommitted: a part was asked for its result before the transaction was committed with it.
	ErrNotCommitted error = &sentinel{text: "transaction not committed"}
	// ErrRolledBack: an operation of a transaction was not applied because another one was refused. The error names that one, but
	// does not match its cause.
	ErrRolledBack error = &sentinel{text: "rolled back"}
)

// Transaction collects operations that are applied together or not at all (kazoo: transaction; Curator: inTransaction).
// [Client.Transaction] makes one. Each operation returns a [Part], which has the result once the transaction is committed:
//
//	tx := c.Transaction()
//	tx.Check("/jobs", version)
//	job := tx.Create("/jobs/job-", data, zkasync.Sequential())
//	if _, err := tx.Commit(ctx).Get(ctx); err != nil {
//		return err
//	}
//	made, _ := job.Result() // made.Path is the znode that was created
//
// Nothing is checked or sent before Commit. Paths are relative to the chroot of the client or view that made the transaction, in
// results and errors too, whoever calls Commit. [Client.Multi] is the same in one call; a [MultiOp] belongs to no client, so its path
// means the tree of the one that applies it. A Transaction is safe for concurrent use.
type Transaction struct {
	c *Client

	mu        sync.Mutex
	ops       []MultiOp
	sending   bool                          // Commit is about to send it
	committed int                           // how many of ops the latest Commit had
	done      *future.Future[[]MultiResult] // of the latest Commit
}

// Transaction returns an empty transaction.
func (c *Client) Transaction() *Transaction { return &Transaction{c: c} }

// Part is one operation of a [Transaction].
type Part[T any] struct {
	t     *Transaction
	index int // -1: it was refused
	op    MultiOp
	value func(MultiResult) T
}

// Create creates a znode, with the options of [CreateOp]. The result has no Stat from servers before 3.7.2, 3.8.2 and 3.9.0,
// except of a container or a znode with a [TTL] (ZOOKEEPER-4026); it is zero then.
func (t *Transaction) Create(path string, data []byte, opts ...CreateOption) *Part[Created] {
	return addPart(t, CreateOp(path, data, opts...), func(r MultiResult) Created { return Created(r) })
}

// Set sets a znode's data if its version is the one given; AnyVersion matches every version.
func (t *Transaction) Set(path string, data []byte, version int32) *Part[zk.Stat] {
	return addPart(t, SetOp(path, data, version), func(r MultiResult) zk.Stat { return r.Stat })
}

// Delete deletes a znode without children if its version is the one given; AnyVersion matches every version.
func (t *Transaction) Delete(path string, version int32) *Part[future.Void] {
	return addPart(t, DeleteOp(path, version), func(MultiResult) future.Void { return future.Void{} })
}

// Check makes the transaction fail unless the znode has that version or, with AnyVersion, unless it exists.
func (t *Transaction) Check(path string, version int32) *Part[future.Void] {
	return addPart(t, CheckOp(path, version), func(MultiResult) future.Void { return future.Void{} })
}

func addPart[T any](t *Transaction, op MultiOp, value func(MultiResult) T) *Part[T] {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := &Part[T]{t: t, index: -1, op: op, value: value}
	if !t.closedLocked() {
		p.index = len(t.ops)
		t.ops = append(t.ops, op)
	}
	return p
}

// closedLocked reports whether the transaction has been applied or may still be.
func (t *Transaction) closedLocked() bool {
	if t.sending || t.done == nil {
		return t.sending
	}
	_, err := t.done.Result()
	return err == nil || errors.Is(err, future.ErrPending)
}

// Commit applies all operations or none of them, as [Client.Multi] does, with the same results and errors. A transaction that
// was applied, or is on its way, cannot be committed again: that fails with [ErrCommitted] and [ErrNotSent]. One that has failed can,
// also with further operations; so a Commit may be repeated by [Retry].
func (t *Transaction) Commit(ctx context.Context) *future.Future[[]MultiResult] {
	t.mu.Lock()
	if t.closedLocked() {
		t.mu.Unlock()
		return failed[[]MultiResult](t.c, ctx, wire.OpMulti, "", ErrCommitted)
	}
	t.sending = true
	ops := slices.Clip(t.ops)
	t.mu.Unlock()

	done := t.c.Multi(ctx, ops...) // without the lock, since a handler of the user's may be asked for a lane
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sending, t.committed, t.done = false, len(ops), done
	return done
}

// Result returns the operation's result once the transaction has been applied, and does not wait for that: before Commit the
// error is [ErrNotCommitted], before its future completes [future.ErrPending]. If the transaction failed, the part at fault has the
// cause, such as zk.ErrNodeExists, and the others have [ErrRolledBack]; if it is not known which part is at fault, all of them
// have the transaction's error.
func (p *Part[T]) Result() (v T, err error) {
	p.t.mu.Lock()
	done, committed, sending := p.t.done, p.t.committed, p.t.sending
	p.t.mu.Unlock()
	switch {
	case p.index < 0:
		return v, p.failure(OutcomeNotSent, ErrCommitted)
	case sending:
		return v, future.ErrPending
	case done == nil || p.index >= committed:
		return v, p.failure(OutcomeNotSent, ErrNotCommitted)
	}
	results, err := done.Result()
	switch {
	case err == nil:
		return p.value(results[p.index]), nil
	case errors.Is(err, future.ErrPending):
		return v, err
	}
	return v, p.partOf(err)
}

// partOf returns what the transaction's error means for this part.
func (p *Part[T]) partOf(err error) error {
	var whole *OpError
	if !errors.As(err, &whole) {
		return err
	}
	var m *MultiError
	switch {
	case !errors.As(err, &m):
		return p.failure(whole.Outcome, whole.Err)
	case m.Index == p.index:
		return p.failure(whole.Outcome, m.Err)
	default:
		return p.failure(whole.Outcome, &neighbourError{at: m, outcome: whole.Outcome})
	}
}

func (p *Part[T]) failure(o Outcome, err error) error {
	return &OpError{Op: p.op.Op(), Path: p.op.path, Outcome: o, Err: err}
}

// neighbourError is the cause of a part's failure that is another part's fault.
type neighbourError struct {
	at      *MultiError
	outcome Outcome
}

func (e *neighbourError) Error() string {
	at := MultiError{Index: e.at.Index, Op: e.at.Op, Path: e.at.Path, Err: e.at.Err} // without the others
	if e.outcome == OutcomeRejected {
		return ErrRolledBack.Error() + " because of " + at.Error()
	}
	return "because of " + at.Error()
}

// Is matches ErrRolledBack if that is certain.
func (e *neighbourError) Is(target error) bool {
	return target == ErrRolledBack && e.outcome == OutcomeRejected
}
