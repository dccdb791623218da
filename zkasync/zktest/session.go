package zktest

import (
	"encoding/binary"
	"time"
)

// session is what the leader knows of a client's session.
type session struct {
	id       int64
	timeout  time.Duration
	owner    *Server // where its connection is; nil: nobody knows
	closing  bool
	expiry   int64 // the time in ms at which it ends, a multiple of the tick; as it stands it may be put off by then
	password [passwordSize]byte
}

// passwordOf gives each session another password, the same one after a restart.
func passwordOf(id int64) (p [passwordSize]byte) {
	binary.BigEndian.PutUint64(p[:8], mix(uint64(id)))
	binary.BigEndian.PutUint64(p[8:], mix(^uint64(id)))
	return p
}

// mix spreads the bits of x (splitmix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func msDuration(ms int32) time.Duration { return time.Duration(ms) * time.Millisecond }

// track makes a session known.
func (w *world) track(id int64, timeout time.Duration, owner *Server) *session {
	s := &session{id: id, timeout: timeout, owner: owner, password: passwordOf(id)}
	w.sessions[id] = s
	w.touch(s)
	return s
}

// touch puts the end of a session off. Ends are rounded up to the next tick, so that sessions end in batches
// (ExpiryQueue): a session lives for its timeout and up to a tick more.
func (w *world) touch(s *session) {
	elapsed := w.now.Add(s.timeout).Sub(w.start).Milliseconds()
	tick := w.cfg.tick.Milliseconds()
	expiry := (elapsed/tick + 1) * tick
	if expiry == s.expiry {
		return
	}
	s.expiry = expiry
	batch, set := w.expiring[expiry]
	w.expiring[expiry] = append(batch, s.id)
	if !set {
		w.at(w.start.Add(time.Duration(expiry)*time.Millisecond), func() { w.expireBatch(expiry) })
	}
}

// expireBatch ends the sessions that have not been touched since they were put into the batch.
func (w *world) expireBatch(expiry int64) {
	batch := w.expiring[expiry]
	delete(w.expiring, expiry)
	for _, id := range batch {
		if s := w.sessions[id]; s != nil && s.expiry == expiry && !s.closing {
			w.endSession(s)
		}
	}
}

// endSession ends a session from the server's side.
func (w *world) endSession(s *session) {
	if w.leader == nil {
		return // nobody is there to decide it; the next leader gives all sessions their full time
	}
	w.closeSession(s.id)
}

// closeSession commits the end of a session. It takes one zxid.
func (w *world) closeSession(id int64) *txn {
	t := w.newTxn(id)
	t.op = opClose
	if s := w.sessions[id]; s != nil {
		s.closing = true
		delete(w.sessions, id)
	}
	if owned := w.leader.tree.ephemerals[id]; owned.len() > 0 {
		t.paths = w.cfg.order(javaOrder(owned.list))
	}
	w.commit(t)
	return t
}

// checkSession is asked before each write. Session 0 is the server itself.
func (w *world) checkSession(id int64) int32 {
	if id == 0 {
		return codeOK
	}
	s := w.sessions[id]
	switch {
	case s == nil || s.closing:
		return codeSessionExpired
	case w.asking != nil && s.owner != w.asking:
		return codeSessionMoved
	default:
		return codeOK
	}
}
