package history

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"
	"time"

	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/javahash"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/znode"
)

// PasswordSize is the length of a session's password.
const PasswordSize = 16

// Session is what the leader knows about a client's session.
type Session struct {
	ID       int64
	Timeout  time.Duration
	Owner    *Replica // where its connection is; nil: unknown
	Password [PasswordSize]byte

	closing bool
	expiry  int64 // when it ends unless it is touched, in ms since the start; a multiple of the tick
}

// passwordOf returns the password of a session. It differs from session to session, and is the same after a restart.
func passwordOf(id int64) (p [PasswordSize]byte) {
	binary.BigEndian.PutUint64(p[:8], Mix(uint64(id)))
	binary.BigEndian.PutUint64(p[8:], Mix(^uint64(id)))
	return p
}

// Mix spreads the bits of x (splitmix64).
func Mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// track adds a session.
func (h *History) track(id int64, timeout time.Duration, owner *Replica) *Session {
	s := &Session{ID: id, Timeout: timeout, Owner: owner, Password: passwordOf(id)}
	h.sessions[id] = s
	h.Touch(s)
	return s
}

// Touch postpones the end of a session. Ends are rounded up to the next tick, so that sessions end in batches (ExpiryQueue): a
// session lives for its timeout and up to a tick more.
func (h *History) Touch(s *Session) {
	elapsed := h.Now().Add(s.Timeout).Sub(h.Start()).Milliseconds()
	tick := h.cfg.Tick.Milliseconds()
	expiry := (elapsed/tick + 1) * tick
	if expiry == s.expiry {
		return
	}
	s.expiry = expiry
	batch, set := h.expiring[expiry]
	h.expiring[expiry] = append(batch, s.ID)
	if !set {
		h.At(h.Start().Add(time.Duration(expiry)*time.Millisecond), func() { h.expireBatch(expiry) })
	}
}

// expireBatch ends the sessions that have not been touched since they were put into the batch.
func (h *History) expireBatch(expiry int64) {
	batch := h.expiring[expiry]
	delete(h.expiring, expiry)
	for _, id := range batch {
		if s := h.sessions[id]; s != nil && s.expiry == expiry && !s.closing {
			h.Expire(s)
		}
	}
}

// Expire ends a session from the server's side.
func (h *History) Expire(s *Session) {
	if h.leader == nil {
		return // without a leader nothing can be decided; the next one gives all sessions their full timeout
	}
	h.CloseSession(s.ID)
}

// CloseSession commits the end of a session. It uses up one zxid.
func (h *History) CloseSession(id int64) *znode.Txn {
	t := h.newTxn(id)
	t.Op = wire.OpClose
	if s := h.sessions[id]; s != nil {
		s.closing = true
		delete(h.sessions, id)
	}
	if owned := h.leader.tree.Ephemerals[id]; owned.Len() > 0 {
		t.Paths = h.cfg.order(javahash.Order(owned.List, owned.Most))
	}
	h.commit(t)
	return t
}

// Session returns a session that has not ended, or nil if there is none.
func (h *History) Session(id int64) *Session {
	if s := h.sessions[id]; s != nil && !s.closing {
		return s
	}
	return nil
}

// Sessions returns all sessions, in the order of their ids.
func (h *History) Sessions() []*Session {
	return slices.SortedFunc(maps.Values(h.sessions), func(a, b *Session) int { return cmp.Compare(a.ID, b.ID) })
}

// Expires returns when a session ends if it is not touched again.
func (h *History) Expires(s *Session) time.Time {
	return h.Start().Add(time.Duration(s.expiry) * time.Millisecond)
}

// Begin makes a session at a replica. The session exists once the transaction has been applied.
func (h *History) Begin(timeout time.Duration, at *Replica) (*Session, *znode.Txn) {
	s := h.track(at.nextID(), timeout, at)
	t := h.newTxn(s.ID)
	t.Op, t.Timeout = wire.OpCreateSession, int32(timeout/time.Millisecond)
	h.commit(t)
	return s, t
}

// LocalSession makes a session at a replica without a leader. No other replica knows it.
func (r *Replica) LocalSession(timeout time.Duration) *Session {
	id := r.nextID()
	return &Session{ID: id, Timeout: timeout, Owner: r, Password: passwordOf(id)}
}

// nextID returns the id of the next session that a replica makes. It is built as in SessionTrackerImpl: the server's number in the
// top byte, then the time, which the seed replaces here, then a counter.
func (r *Replica) nextID() int64 {
	r.sessionsMade++
	const seedBits = 1<<40 - 1
	middle := int64(1) << 32
	if seed := r.h.cfg.SessionSeed; seed != 0 {
		middle = int64(Mix(seed) & seedBits)
	}
	return int64(r.number)<<56 | middle<<16 + r.sessionsMade
}

// checkSession returns why a session may not write at a replica, or CodeOK if it may.
func (h *History) checkSession(id int64, at *Replica) int32 {
	s := h.sessions[id]
	switch {
	case s == nil || s.closing:
		return wire.CodeSessionExpired
	case s.Owner != at:
		return wire.CodeSessionMoved
	default:
		return wire.CodeOK
	}
}

// MovedFrom reports whether a replica is the leader and knows that a session has its connection at another one. A follower does not
// know that.
func (h *History) MovedFrom(at *Replica, s *Session) bool {
	return at == h.leader && s.Owner != nil && s.Owner != at
}
