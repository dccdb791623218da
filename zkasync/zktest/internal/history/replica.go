package history

import (
	"time"

	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/watch"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/znode"
)

// Clients are those of one replica.
type Clients interface {
	// SessionEnded is told that the end of a session has been applied.
	SessionEnded(id int64)
	// DropAll closes all connections.
	DropAll()
}

// Replica is one server's copy of the data, at its place in the history.
type Replica struct {
	h       *History
	number  int // from 1
	addr    string
	clients Clients

	tree    *znode.Tree
	watches *watch.Tables

	backlog []*znode.Txn // transactions that it has yet to apply
	applied *znode.Txn   // the last that it has applied, and what came of it
	result  znode.Result
	waiting map[int64]func(znode.Result) // by zxid: what to do when it is applied

	serving      bool // follows a leader, or is one
	stopped      bool
	cutOff       bool // on the other side of a partition
	observer     bool
	readOnly     bool // serves nobody but read-only clients
	lag          Lag
	dueAt        time.Time // when an alarm for takeAged goes off
	sessionsMade int64
}

// Add adds a replica that is as far as its tree. Nobody else has the history yet.
func (h *History) Add(tree *znode.Tree, addr string, observer bool, clients Clients) *Replica {
	r := &Replica{
		h: h, number: len(h.replicas) + 1, addr: addr, observer: observer, clients: clients,
		tree: tree, watches: watch.New(&h.cfg.Rules.Behaviour),
		waiting: make(map[int64]func(znode.Result)), serving: true,
	}
	h.replicas = append(h.replicas, r)
	return r
}

// Number returns the number of the replica, from 1.
func (r *Replica) Number() int { return r.number }

// Tree returns the data.
func (r *Replica) Tree() *znode.Tree { return r.tree }

// Watches returns the watches of the clients.
func (r *Replica) Watches() *watch.Tables { return r.watches }

// Serving reports whether the replica follows a leader, or is one.
func (r *Replica) Serving() bool { return r.serving }

// ReadOnly reports whether the replica serves nobody but read-only clients.
func (r *Replica) ReadOnly() bool { return r.readOnly }

// Stopped reports whether the replica is down.
func (r *Replica) Stopped() bool { return r.stopped }

// Waiting counts the transactions that clients wait for.
func (r *Replica) Waiting() int { return len(r.waiting) }

// Newest returns the last transaction that is yet to be applied here, nil if there is none.
func (r *Replica) Newest() *znode.Txn {
	if len(r.backlog) == 0 {
		return nil
	}
	return r.backlog[len(r.backlog)-1]
}

// Result returns what came of a transaction if it is the last that was applied here, otherwise nil.
func (r *Replica) Result(t *znode.Txn) *znode.Result {
	if r.applied != t {
		return nil
	}
	return &r.result
}

// Await calls done when a transaction that is in the backlog has been applied here, and has the replica hurry. It is not
// called if the replica loses its clients before.
func (r *Replica) Await(t *znode.Txn, done func(znode.Result)) {
	r.waiting[t.Zxid] = done
	r.hurry(t.Zxid)
}

// deliver gives r the next transaction of the history.
func (r *Replica) deliver(t *znode.Txn) {
	if len(r.backlog) > 0 || !r.keepsUp() {
		r.backlog = append(r.backlog, t)
		r.lagged()
		return
	}
	r.take(t)
}

// take applies a transaction and tells whoever waits for it here.
func (r *Replica) take(t *znode.Txn) {
	r.result = r.tree.Apply(t, r.watches)
	r.applied = t
	if t.Op == wire.OpClose {
		r.clients.SessionEnded(t.Session)
	}
	if len(r.waiting) == 0 {
		return
	}
	if done := r.waiting[t.Zxid]; done != nil {
		delete(r.waiting, t.Zxid)
		done(r.result)
	}
}

// restore puts r back to a tree.
func (r *Replica) restore(to *znode.Tree) {
	r.clients.DropAll()
	r.tree = to
	r.backlog, r.applied = nil, nil
	clear(r.waiting)
	r.watches.Reset()
}
