package zktest

import (
	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
)

// request is a request that is being processed.
type request struct {
	c   *conn
	xid int32
	op  wire.OpCode
	bad bool // its record is malformed
	o   operation
}

// known reports whether the server knows an operation at all (Request.isValid).
func (b *behaviour) known(op wire.OpCode) bool {
	switch op {
	case wire.OpCheck:
		return !b.checkUnknown
	case wire.OpWhoAmI:
		return b.whoAmI
	case wire.OpCreate, wire.OpCreate2, wire.OpCreateContainer, wire.OpCreateTTL, wire.OpDelete, wire.OpDeleteContainer,
		wire.OpSetData, wire.OpSetACL, wire.OpMulti, wire.OpReconfig, wire.OpClose, wire.OpSync, wire.OpPing,
		wire.OpExists, wire.OpGetData, wire.OpGetACL, wire.OpGetChildren, wire.OpGetChildren2, wire.OpMultiRead,
		wire.OpGetEphemerals, wire.OpGetAllChildrenNumber,
		wire.OpAddWatch, wire.OpRemoveWatches, wire.OpCheckWatches, wire.OpSetWatches, wire.OpSetWatches2:
		return true
	default:
		return false
	}
}

// writes reports whether an operation becomes a transaction.
func writes(op wire.OpCode) bool {
	switch op {
	case wire.OpCreate, wire.OpCreate2, wire.OpCreateContainer, wire.OpCreateTTL, wire.OpDelete, wire.OpDeleteContainer,
		wire.OpSetData, wire.OpSetACL, wire.OpCheck, wire.OpMulti, wire.OpReconfig, wire.OpClose:
		return true
	default:
		return false
	}
}

// process takes a request of an established session.
func (c *conn) process(xid int32, op wire.OpCode, body []byte, do Action) {
	w, s := c.srv.w, c.srv
	if c.session == nil || !c.local && w.sessions[c.session.id] != c.session {
		return // as the server does: a session that is over gets no answers (MissingSessionException)
	}
	if !c.local {
		w.touch(c.session)
	}
	c.lastOp, c.lastXid = op, xid
	if w.cfg.mustAuthenticate && !c.authenticated() {
		c.reply(xid, 0, codeClosedNeedsSASL)
		c.hangUp()
		return
	}
	if !w.cfg.behaviour.known(op) {
		c.reply(xid, noZxid, codeUnimplemented)
		c.hangUp()
		return
	}
	d := decoder{body: body}
	r := &w.scratch
	*r = request{c: c, xid: xid, op: op, o: decodeOperation(op, &d)}
	r.bad = d.bad
	var struck *Injected
	if do.kind == actPass && len(w.faults) > 0 {
		if struck = w.strike(r); struck != nil && struck.fault.When == Before {
			do = struck.fault.Do
		}
	}
	c.current = r.meta()
	if c.prevent(r, do, struck) {
		return
	}
	if struck != nil {
		c.current.after = struck
	}
	s.handle(r)
}

// meta is what is kept of a request until its answer.
func (r *request) meta() current { return current{xid: r.xid, op: r.op, path: r.o.firstPath()} }

func (c *conn) authenticated() bool {
	for _, id := range c.ids {
		if authenticates(id.scheme) || id.scheme == schemeSuper {
			return true
		}
	}
	return false
}

// handle does what a request asks for and answers it.
func (s *Server) handle(r *request) {
	switch {
	case s.readOnly && r.op == opClose:
		r.c.reply(r.xid, s.tree.last, codeOK)
		r.c.hangUp()
	case s.readOnly && (writes(r.op) || r.op == wire.OpSync):
		r.c.reply(r.xid, s.tree.last, codeNotReadOnly)
	case r.op == wire.OpSync:
		s.sync(r)
	case writes(r.op):
		s.write(r)
	default:
		s.read(r)
	}
}

// write has the leader decide a request, and answers it when this server has applied the transaction.
func (s *Server) write(r *request) {
	w, c := s.w, r.c
	var t *txn
	if r.op == wire.OpClose {
		c.leaving = true
		t = w.closeSession(c.session.id)
	} else {
		t = w.newTxn(c.session.id)
		if r.bad {
			t.op, t.code = r.op, codeMarshalling
		} else {
			w.asking = s
			p := plan{w: w, tree: w.leader.tree, session: c.session.id, ids: c.ids}
			p.operation(&r.o, t)
			w.asking = nil
		}
		w.commit(t)
	}
	if s.applied == t {
		c.answerWrite(r.xid, r.op, t, &s.result)
		return
	}
	xid, op := r.xid, r.op
	c.whenApplied(t, func(res result) { c.answerWrite(xid, op, t, &res) })
}

// whenApplied calls done when this server has applied t, at once if it has. Until then the connection is busy.
func (c *conn) whenApplied(t *txn, done func(result)) {
	if c.srv.applied == t {
		done(c.srv.result)
		return
	}
	c.waits = true
	c.srv.waiting[t.zxid] = func(res result) {
		if c.gone {
			return
		}
		c.waits = false
		done(res)
		w := c.srv.w
		w.resumable = append(w.resumable, c)
	}
	c.srv.hurry(t.zxid)
}

// deliver gives s the next transaction of the history.
func (s *Server) deliver(t *txn) {
	if len(s.backlog) > 0 || !s.keepsUp() {
		s.backlog = append(s.backlog, t)
		s.lagged()
		return
	}
	s.take(t)
}

// take applies a transaction and answers whoever waits for it here.
func (s *Server) take(t *txn) {
	s.result = s.apply(t)
	s.applied = t
	if t.op == opClose {
		if c := s.bySession[t.session]; c != nil && !c.leaving {
			c.drop()
		}
	}
	if len(s.waiting) == 0 {
		return
	}
	if done := s.waiting[t.zxid]; done != nil {
		delete(s.waiting, t.zxid)
		done(s.result)
	}
}

// answerWrite answers a write.
func (c *conn) answerWrite(xid int32, op wire.OpCode, t *txn, res *result) {
	zxid := c.srv.tree.last
	c.lastZxid = zxid
	switch {
	case res.code == codeSessionMoved:
		c.hangUp() // it is no longer this connection's to answer
		return
	case op == wire.OpMulti && res.parts != nil:
		start := c.begin(xid, zxid, codeOK)
		c.putParts(res.parts)
		c.finish(start)
		return
	case res.code != codeOK || op == wire.OpDelete || op == wire.OpDeleteContainer || op == opClose:
		c.reply(xid, zxid, res.code)
	case t.noAnswer:
		c.note(zxid, codeOK, true)
	default:
		start := c.begin(xid, zxid, codeOK)
		switch op {
		case wire.OpCreate:
			c.putString(res.path)
		case wire.OpCreate2, wire.OpCreateContainer, wire.OpCreateTTL:
			c.putString(res.path)
			c.putStat(res.stat)
		case wire.OpReconfig:
			c.putBuffer(res.data)
			c.putStat(res.stat)
		default:
			c.putStat(res.stat)
		}
		c.finish(start)
	}
	if op == opClose && !c.held {
		c.hangUp()
	}
}

// putParts appends the results of a multi.
func (c *conn) putParts(parts []result) {
	for i := range parts {
		part := &parts[i]
		switch part.op {
		case wire.OpError:
			c.putMulti(wire.OpError, false, part.code)
			c.putInt32(part.code)
		case wire.OpCreate2, wire.OpCreateContainer, wire.OpCreateTTL:
			if part.op == wire.OpCreate2 && !c.srv.w.cfg.behaviour.create2InMulti {
				c.putMulti(wire.OpCreate, false, codeOK)
				c.putString(part.path)
				continue
			}
			c.putMulti(wire.OpCreate2, false, codeOK)
			c.putString(part.path)
			c.putStat(part.stat)
		case wire.OpCreate:
			c.putMulti(wire.OpCreate, false, codeOK)
			c.putString(part.path)
		case wire.OpSetData:
			c.putMulti(wire.OpSetData, false, codeOK)
			c.putStat(part.stat)
		default:
			c.putMulti(part.op, false, codeOK)
		}
	}
	c.putMulti(wire.OpError, true, -1)
}
