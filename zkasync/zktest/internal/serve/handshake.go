package serve

import (
	"time"

	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/history"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/jute"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/znode"
)

// greet processes the connect request (ZooKeeperServer.processConnectRequest).
func (c *conn) greet(frame []byte) {
	w, s := c.srv.w, c.srv
	c.greeted = true
	d := jute.Decoder{Body: frame}
	d.Int32() // the protocol's version, always 0
	seen := d.Int64()
	asked := d.Int32()
	id := d.Int64()
	password := d.Buffer()
	if d.Bad {
		c.hangUp()
		return
	}
	c.oldClient = len(d.Body) == 0 // it is older than read-only servers
	readOnly := !c.oldClient && d.Bool()
	if seen > s.Tree().Zxid || s.Mode() == "" || s.ReadOnly() && !readOnly {
		c.hangUp() // the client must find another server
		return
	}
	c.timeout = time.Duration(asked) * time.Millisecond
	c.timeout = min(max(c.timeout, w.cfg.MinTimeout), w.cfg.MaxTimeout)
	if w.replaced[id] || w.cfg.Forgets {
		delete(w.replaced, id)
		id = 0
	}
	switch {
	case s.ReadOnly():
		c.greetReadOnly(id, password)
		return
	case id == 0:
		known, t := w.Begin(c.timeout, s.Replica)
		c.lastOp, c.lastZxid = wire.OpCreateSession, t.Zxid
		c.whenApplied(t, func(znode.Result) { c.welcome(known) })
		return
	}
	// As on a real server, the old connection ends before the password is checked.
	if old := s.bySession[id]; old != nil {
		old.hangUp()
	}
	known := w.Session(id)
	if known == nil || string(known.Password[:]) != string(password) {
		c.welcome(nil)
		c.hangUp()
		return
	}
	known.Owner = s.Replica
	known.Timeout = c.timeout
	w.Touch(known)
	c.welcome(known)
}

// greetReadOnly answers a client of a read-only server. It gets a local session, which no other server knows, and can come back to it
// until its timeout. A session of the ensemble cannot go on here (ReadOnlyZooKeeperServer.validateSession).
func (c *conn) greetReadOnly(id int64, password []byte) {
	w, s := c.srv.w, c.srv
	if _, global := s.Tree().Sessions[id]; global {
		c.hangUp()
		return
	}
	if id == 0 {
		known := s.LocalSession(c.timeout)
		s.locals[known.ID] = &localSession{Session: known}
		c.local = true
		c.welcome(known)
		return
	}
	if old := s.bySession[id]; old != nil {
		old.hangUp()
	}
	known := s.locals[id]
	if known == nil || string(known.Password[:]) != string(password) || w.Now().After(known.left.Add(known.Timeout)) && !known.left.IsZero() {
		c.welcome(nil)
		c.hangUp()
		return
	}
	known.left, known.Timeout = time.Time{}, c.timeout
	c.local = true
	c.welcome(known.Session)
}

// localSession is a session that only a read-only server knows.
type localSession struct {
	*history.Session
	left time.Time // when its connection ended; zero: it has one
}

// welcome answers the connect request. A nil session means that the one that the client has offered is over.
func (c *conn) welcome(known *history.Session) {
	answer := wire.ConnectResponse{Password: make([]byte, history.PasswordSize), ReadOnly: c.srv.ReadOnly()}
	if known != nil {
		answer.Timeout = int32(c.timeout / time.Millisecond)
		answer.SessionID = known.ID
		answer.Password = known.Password[:]
		c.session = known
		c.srv.bySession[known.ID] = c
		if c.impatient != nil {
			c.impatient.CallOff()
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
	c.srv.w.Tell()
}
