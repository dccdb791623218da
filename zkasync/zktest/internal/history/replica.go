package history

import (
	"net"
	"time"

	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/watch"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/znode"
)

// Clients are the clients of one replica.
type Clients interface {
	// SessionEnded is called when the end of a session has been applied.
	SessionEnded(id int64)
	// DropAll closes all connections.
	DropAll()
}

// Replica is one server's copy of the data, at its place in the history.
type Replica struct {
	h        *History
	number   int    // from 1
	addr     string // for clients
	inMemory string // what addr was in the beginning
	host     string // for other servers
	clients  Clients

	tree    *znode.Tree
	watches *watch.Tables

	backlog []*znode.Txn                 // transactions that it has not applied yet
	applied *znode.Txn                   // the last one that it has applied
	result  znode.Result                 // of applied
	waiting map[int64]func(znode.Result) // by zxid: what to call when the transaction has been applied

	serving      bool // follows a leader, or is one
	stopped      bool
	cutOff       bool // on the other side of a partition
	readOnly     bool // serves only read-only clients
	lag          Lag
	dueAt        time.Time // when the alarm for takeAged goes off
	sessionsMade int64
}

// Add adds a replica that has applied what is in its tree.
func (h *History) Add(tree *znode.Tree, addr string, clients Clients) *Replica {
	host, _, _ := net.SplitHostPort(addr)
	r := &Replica{
		h: h, number: len(h.replicas) + 1, addr: addr, inMemory: addr, host: host, clients: clients,
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

// ReadOnly reports whether the replica serves only read-only clients.
func (r *Replica) ReadOnly() bool { return r.readOnly }

// Stopped reports whether the replica is down.
func (r *Replica) Stopped() bool { return r.stopped }

// Waiting returns the number of transactions for which clients wait.
func (r *Replica) Waiting() int { return len(r.waiting) }

// Newest returns the newest transaction that has not been applied here, or nil if there is none.
func (r *Replica) Newest() *znode.Txn {
	if len(r.backlog) == 0 {
		return nil
	}
	return r.backlog[len(r.backlog)-1]
}

// Result returns the result of a transaction if it is the last one that was applied here, otherwise nil.
func (r *Replica) Result(t *znode.Txn) *znode.Result {
	if r.applied != t {
		return nil
	}
	return &r.result
}

// Await calls done when a transaction in the backlog has been applied here, and makes the replica catch up with it if its lag
// allows that. It does not call done if the replica loses its clients first.
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

// take applies a transaction, and calls the function of the client that waits for it here.
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

// restore replaces the data of r.
func (r *Replica) restore(to *znode.Tree) {
	r.clients.DropAll()
	r.tree = to
	r.backlog, r.applied = nil, nil
	clear(r.waiting)
	r.watches.Reset()
}
