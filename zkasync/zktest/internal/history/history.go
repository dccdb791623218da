// Package history is what the servers of an ensemble have in common, and what each has of it: the transactions, the
// replicas at their places among them, the sessions, and who leads. It knows nothing of connections: it is told what a
// session asks for, and tells a replica's [Clients] what they are to learn.
//
// All of it is used with the lock of the [History] held, unless a method says otherwise.
package history

import (
	"math"
	"time"

	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/acl"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/jute"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/plan"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/timed"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/znode"
)

// Config is what a history is made with; it does not change.
type Config struct {
	Clock        timed.Clock
	Rules        plan.Rules
	Tick         time.Duration // sessions expire at multiples of it
	CleanEvery   time.Duration
	ReadOnlyMode bool // replicas without a leader serve read-only clients
	FirstZxid    int64
	SessionSeed  uint64
	Shuffle      func(list []string) // in place, what servers promise no order of; nil: leave it
}

// order shuffles a list in place, if it is to be.
func (cfg *Config) order(list []string) []string {
	if cfg.Shuffle != nil {
		cfg.Shuffle(list)
	}
	return list
}

// History is one history with the sessions, one clock and one lock. All that happens in it happens under its lock, one
// thing after the other, so that it follows from the requests and their order alone.
type History struct {
	timed.Mutex
	cfg *Config

	replicas []*Replica
	leader   *Replica // nil: none
	zxid     int64    // the last one used
	epoch    int64    // of an ensemble; it is in the zxids as well

	sessions map[int64]*Session
	expiring map[int64][]int64 // ids of sessions by the ms at which they end, unless they are touched
	cleaning bool              // an alarm for planCleaning is set
}

// New returns a history without replicas. The function idle is called before the lock is given back.
func New(cfg *Config, idle func()) *History {
	h := &History{
		cfg:      cfg,
		sessions: make(map[int64]*Session),
		expiring: make(map[int64][]int64),
		zxid:     cfg.FirstZxid,
	}
	h.Init(cfg.Clock, idle)
	return h
}

// Zxid returns the last zxid that has been used.
func (h *History) Zxid() int64 { return h.zxid }

// Leader returns the replica that leads, nil if none does.
func (h *History) Leader() *Replica { return h.leader }

// newTxn uses a zxid up.
func (h *History) newTxn(session int64) *znode.Txn {
	h.zxid++
	return &znode.Txn{Zxid: h.zxid, Time: h.Now().UnixMilli(), Committed: h.Now(), Session: session}
}

// commit puts a transaction into the history and has the replicas apply it, the leader first.
func (h *History) commit(t *znode.Txn) {
	h.leader.deliver(t)
	for _, r := range h.replicas {
		if r != h.leader {
			r.deliver(t)
		}
	}
	h.planCleaning()
}

// Write has the leader decide what a session asks for at a replica.
func (h *History) Write(s *Session, at *Replica, ids []acl.Identity, o *jute.Operation) *znode.Txn {
	t := h.newTxn(s.ID)
	p := plan.Plan{Rules: &h.cfg.Rules, Tree: h.leader.tree, Session: s.ID, IDs: ids, Denied: h.checkSession(s.ID, at)}
	p.Decide(o, t)
	h.commit(t)
	return t
}

// Refuse commits the failure of a write that could not be understood.
func (h *History) Refuse(s *Session, op wire.OpCode, code int32) *znode.Txn {
	t := h.newTxn(s.ID)
	t.Op, t.Code = op, code
	h.commit(t)
	return t
}

// Do commits a write of nobody's, for which no permission is asked, and returns its code. There is a leader.
func (h *History) Do(o *jute.Operation) int32 {
	t := h.newTxn(0)
	p := plan.Plan{Rules: &h.cfg.Rules, Tree: h.leader.tree, IDs: []acl.Identity{acl.New(acl.Super, "")}}
	p.Decide(o, t)
	h.commit(t)
	return t.Code
}

// Restore puts all replicas back to a tree, as if they had been restarted with it. Their clients lose their connections.
func (h *History) Restore(to *znode.Tree) {
	h.zxid = to.Zxid
	clear(h.sessions)
	for _, r := range h.replicas {
		r.restore(to.Clone())
	}
	for _, id := range to.SessionIDs() {
		h.track(id, time.Duration(to.Sessions[id])*time.Millisecond, nil)
	}
	h.planCleaning()
	h.Tell()
}

// everything is beyond the last zxid.
const everything = math.MaxInt64
