// Package history has what the servers of an ensemble share, and each server's part in it: the transactions, the replicas and how
// many transactions each has applied, the sessions, and the leader. It knows nothing about connections: it is told what sessions ask
// for, and tells the [Clients] of a replica what concerns them.
//
// Unless a method says otherwise, its caller must hold the lock of the [History].
package history

import (
	"math"
	"time"

	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/ensemble"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/acl"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/jute"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/plan"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/timed"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/znode"
)

// Config configures a history. It does not change.
type Config struct {
	Clock        timed.Clock
	Rules        plan.Rules
	Tick         time.Duration // sessions expire at multiples of it
	CleanEvery   time.Duration
	ReadOnlyMode bool // replicas without a leader serve read-only clients
	FirstZxid    int64
	SessionSeed  uint64
	Shuffle      func(list []string) // shuffles, in place, a list whose order servers do not promise; nil: leave it
}

// order shuffles a list in place if Shuffle is set, and returns it.
func (cfg *Config) order(list []string) []string {
	if cfg.Shuffle != nil {
		cfg.Shuffle(list)
	}
	return list
}

// History is one history with its sessions, one clock and one lock. Everything in it happens under the lock, one thing after the
// other, so that it depends only on the requests and their order.
type History struct {
	timed.Mutex
	cfg *Config

	replicas []*Replica
	leader   *Replica        // nil: none
	config   ensemble.Config // of an ensemble
	zxid     int64           // the last one used
	epoch    int64           // of an ensemble; the zxids contain it

	sessions map[int64]*Session
	expiring map[int64][]int64 // ids of sessions, by the time at which they end unless they are touched; see Session.expiry
	cleaning bool              // the alarm of planCleaning is set
}

// New returns a history without replicas. It calls idle each time before the lock is released.
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

// Leader returns the replica that leads, or nil if none does.
func (h *History) Leader() *Replica { return h.leader }

// newTxn returns a transaction with the next zxid.
func (h *History) newTxn(session int64) *znode.Txn {
	h.zxid++
	return &znode.Txn{Zxid: h.zxid, Time: h.Now().UnixMilli(), Committed: h.Now(), Session: session}
}

// commit adds a transaction to the history, and makes the replicas apply it, the leader first.
func (h *History) commit(t *znode.Txn) {
	h.leader.deliver(t)
	for _, r := range h.replicas {
		if r != h.leader {
			r.deliver(t)
		}
	}
	h.planCleaning()
}

// Write lets the leader decide a write of a session at a replica, and commits it unless it is abandoned.
func (h *History) Write(s *Session, at *Replica, ids []acl.Identity, o *jute.Operation) *znode.Txn {
	t := h.newTxn(s.ID)
	p := plan.Plan{Rules: &h.cfg.Rules, Tree: h.leader.tree, Session: s.ID, IDs: ids, Denied: h.checkSession(s.ID, at)}
	if h.isEnsemble() {
		p.Servers = &plan.Servers{Config: h.config, Synced: h.synced}
	}
	if p.Decide(o, t); t.Abandoned {
		return t
	}
	h.commit(t)
	if t.Op == wire.OpReconfig && t.Code == wire.CodeOK {
		h.reconfigured(t.Data)
	}
	return t
}

// Refuse commits the failure of a write that could not be decoded.
func (h *History) Refuse(s *Session, op wire.OpCode, code int32) *znode.Txn {
	t := h.newTxn(s.ID)
	t.Op, t.Code = op, code
	h.commit(t)
	return t
}

// Do commits a write that belongs to no session, and returns its code. Permissions are not checked. There must be a leader.
func (h *History) Do(o *jute.Operation) int32 {
	t := h.newTxn(0)
	p := plan.Plan{Rules: &h.cfg.Rules, Tree: h.leader.tree, IDs: []acl.Identity{acl.New(acl.Super, "")}}
	p.Decide(o, t)
	h.commit(t)
	return t.Code
}

// Restore replaces the data of all replicas, as if they had been restarted with this tree. Their clients lose their connections.
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
	h.configRestored()
	h.Tell()
}

// everything is beyond the last zxid.
const everything = math.MaxInt64
