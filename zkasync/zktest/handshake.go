package zktest

import (
	"time"

	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
)

// greet takes the connect request (ZooKeeperServer.processConnectRequest).
func (c *conn) greet(frame []byte) {
	w, s := c.srv.w, c.srv
	c.greeted = true
	d := decoder{body: frame}
	d.int32() // the protocol's version, always 0
	seen := d.int64()
	asked := d.int32()
	id := d.int64()
	password := d.buffer()
	if d.bad {
		c.hangUp()
		return
	}
	c.oldClient = len(d.body) == 0 // it came before read-only servers did
	readOnly := !c.oldClient && d.bool()
	if seen > s.tree.last || s.mode() == "" || s.readOnly && (!readOnly || id != 0) {
		c.hangUp() // the client must find another server
		return
	}
	c.timeout = time.Duration(asked) * time.Millisecond
	c.timeout = min(max(c.timeout, w.cfg.minTimeout), w.cfg.maxTimeout)
	if w.replaced[id] || w.cfg.keeper {
		delete(w.replaced, id)
		id = 0
	}
	switch {
	case s.readOnly:
		c.beginLocalSession()
		return
	case id == 0:
		c.beginSession()
		return
	}
	// The old connection goes before the password is looked at.
	if old := s.bySession[id]; old != nil {
		old.hangUp()
	}
	known := w.sessions[id]
	if known == nil || known.closing || string(known.password[:]) != string(password) {
		c.welcome(nil)
		c.hangUp()
		return
	}
	known.owner = s
	known.timeout = c.timeout
	w.touch(known)
	c.welcome(known)
}

// beginLocalSession makes a session of a server without a leader, which no other server knows.
func (c *conn) beginLocalSession() {
	w, s := c.srv.w, c.srv
	s.sessionsMade++
	id := w.cfg.sessionID(s.id, s.sessionsMade)
	c.local = true
	c.welcome(&session{id: id, timeout: c.timeout, owner: s, password: passwordOf(id)})
}

// beginSession makes a session. The answer comes when the transaction has been applied here.
func (c *conn) beginSession() {
	w, s := c.srv.w, c.srv
	s.sessionsMade++
	id := w.cfg.sessionID(s.id, s.sessionsMade)
	known := w.track(id, c.timeout, s)
	t := w.newTxn(id)
	t.op, t.timeout = wire.OpCreateSession, int32(c.timeout/time.Millisecond)
	w.commit(t)
	c.whenApplied(t, func(result) { c.welcome(known) })
}

// welcome answers the connect request; no session means that there is none to go on with.
func (c *conn) welcome(known *session) {
	answer := wire.ConnectResponse{Password: make([]byte, passwordSize), ReadOnly: c.srv.readOnly}
	if known != nil {
		answer.Timeout = int32(c.timeout / time.Millisecond)
		answer.SessionID = known.id
		answer.Password = known.password[:]
		c.session = known
		c.srv.bySession[known.id] = c
		if c.impatient != nil {
			c.impatient.do = nil
		}
	}
	c.list()
	var start int
	c.pending, start = wire.BeginFrame(c.pending)
	c.pending = wire.AppendConnectResponse(c.pending, &answer)
	if c.oldClient {
		c.pending = c.pending[:len(c.pending)-1]
	}
	c.finishFrame(start)
	c.srv.w.tell()
}
