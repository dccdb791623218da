package serve

import (
	"encoding/binary"

	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/acl"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/answer"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/jute"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/link"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/znode"
)

// replyHeader is the size of the length and the header of an answer.
const replyHeader = link.LengthSize + wire.HeaderLen

// request is a request that is being processed.
type request struct {
	c   *conn
	xid int32
	op  wire.OpCode
	bad bool // its record is malformed
	o   jute.Operation
}

// process processes a request of an established session.
func (c *conn) process(xid int32, op wire.OpCode, body []byte, do Action) {
	w, s := c.srv.w, c.srv
	if c.session == nil || !c.local && w.Session(c.session.ID) != c.session {
		return // as on a real server, a session that is over gets no answers (MissingSessionException)
	}
	if !c.local {
		w.Touch(c.session)
	}
	c.lastOp, c.lastXid = op, xid
	if len(w.cfg.Demanded) > 0 && !acl.HaveScheme(c.ids, w.cfg.Demanded) {
		c.reply(xid, 0, wire.CodeSASLRequired)
		c.hangUp()
		return
	}
	if !w.cfg.Rules.Known(op) {
		c.reply(xid, wire.NoZxid, wire.CodeUnimplemented)
		c.hangUp()
		return
	}
	d := jute.Decoder{Body: body}
	r := &w.scratch
	*r = request{c: c, xid: xid, op: op, o: jute.Decode(op, &d)}
	r.bad = d.Bad
	var struck *Injected
	if do.Kind == Pass && len(w.faults) > 0 {
		if struck = w.strike(r); struck != nil && !struck.fault.After {
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

// meta returns what is kept of a request until it is answered.
func (r *request) meta() current { return current{xid: r.xid, op: r.op, path: r.o.FirstPath()} }

// handle carries out a request and answers it.
func (s *Server) handle(r *request) {
	switch {
	case s.ReadOnly() && r.op == wire.OpClose:
		delete(s.locals, r.c.session.ID)
		r.c.reply(r.xid, s.Tree().Zxid, wire.CodeOK)
		r.c.hangUp()
	case s.ReadOnly() && (jute.Writes(r.op) || r.op == wire.OpSync):
		r.c.reply(r.xid, s.Tree().Zxid, wire.CodeNotReadOnly)
	case !jute.Writes(r.op) && s.w.MovedFrom(s.Replica, r.c.session):
		r.c.hangUp() // the leader's first processor checks reads as well (PrepRequestProcessor)
	case r.op == wire.OpSync:
		s.sync(r)
	case jute.Writes(r.op):
		s.write(r)
	default:
		s.read(r)
	}
}

// read answers a request that changes no data (FinalRequestProcessor).
func (s *Server) read(r *request) {
	c, rules := r.c, &s.w.cfg.Rules.Behaviour
	c.lastZxid = s.Tree().Zxid
	if r.op == wire.OpPing {
		c.reply(wire.XidPing, s.Tree().Zxid, wire.CodeOK) // whatever xid the request has
		return
	}
	if (r.op == wire.OpSetWatches || r.op == wire.OpSetWatches2) && !r.bad {
		s.Watches().Set(c, s.Tree(), r.o.Zxid, &r.o.Watches) // here, since its events come before the answer
	}
	start := c.begin(r.xid, s.Tree().Zxid, wire.CodeOK)
	code := wire.CodeMarshalling
	keep := false // keep the record though the code says that the request has failed
	if !r.bad {
		reader := answer.Reader{
			Tree: s.Tree(), Watches: s.Watches(), Rules: rules, Shuffle: s.w.cfg.Shuffle,
			By: c, IDs: c.ids, Session: c.session.ID,
		}
		c.pending, code, keep = reader.Append(c.pending, &r.o)
	}
	if code != wire.CodeOK {
		if !keep {
			c.pending = c.pending[:start+replyHeader]
		}
		binary.BigEndian.PutUint32(c.pending[start+replyHeader-4:], uint32(code))
	}
	c.finish(start)
}

// sync answers when this server has applied everything that the leader had when the request came.
func (s *Server) sync(r *request) {
	c := r.c
	if r.bad {
		c.reply(r.xid, s.Tree().Zxid, wire.CodeMarshalling)
		return
	}
	xid, path := r.xid, r.o.Path
	s.whenCaughtUp(c, func() {
		start := c.begin(xid, s.Tree().Zxid, wire.CodeOK)
		if path.Null {
			c.pending = wire.AppendInt32(c.pending, jute.NullLength)
		} else {
			c.pending = wire.AppendString(c.pending, path.S)
		}
		c.finish(start)
	})
}

// whenCaughtUp calls answer when this server has applied everything that the leader has now.
func (s *Server) whenCaughtUp(c *conn, answer func()) {
	if newest := s.Newest(); newest != nil {
		c.whenApplied(newest, func(znode.Result) { answer() })
		return
	}
	answer()
}

// write lets the leader decide a request, and answers it when this server has applied the transaction.
func (s *Server) write(r *request) {
	w, c, xid, op := s.w, r.c, r.xid, r.op
	if r.bad && w.cfg.Rules.DecodesFirst(op) {
		s.whenCaughtUp(c, func() { c.reply(xid, s.Tree().Zxid, wire.CodeMarshalling) })
		return
	}
	var t *znode.Txn
	switch {
	case op == wire.OpClose:
		c.leaving = true
		t = w.CloseSession(c.session.ID)
	case r.bad:
		t = w.Refuse(c.session, op, w.cfg.Rules.Malformed(op))
	default:
		t = w.Write(c.session, s.Replica, c.ids, &r.o)
	}
	if c.gone {
		return // a reconfig has made another server the leader
	}
	if t.Abandoned {
		s.whenCaughtUp(c, func() { c.answerAbandoned(xid) })
		return
	}
	if res := s.Result(t); res != nil {
		c.answerWrite(xid, op, t, res)
		return
	}
	c.whenApplied(t, func(res znode.Result) { c.answerWrite(xid, op, t, &res) })
}

// whenApplied calls done when this server has applied t, which may be at once. Until then, later requests of the connection wait.
func (c *conn) whenApplied(t *znode.Txn, done func(znode.Result)) {
	if res := c.srv.Result(t); res != nil {
		done(*res)
		return
	}
	c.waits = true
	c.srv.Await(t, func(res znode.Result) {
		if c.gone {
			return
		}
		c.waits = false
		done(res)
		w := c.srv.w
		w.resumable = append(w.resumable, c)
	})
}

// answerAbandoned answers a multi that is no transaction, with a code and an empty list of results.
func (c *conn) answerAbandoned(xid int32) {
	c.lastZxid = c.srv.Tree().Zxid
	start := c.begin(xid, c.lastZxid, wire.CodeMarshalling)
	c.pending = answer.AppendWrite(c.pending, wire.OpMulti, &znode.Result{}, &c.srv.w.cfg.Rules.Behaviour)
	c.finish(start)
}

// answerWrite answers a write.
func (c *conn) answerWrite(xid int32, op wire.OpCode, t *znode.Txn, res *znode.Result) {
	zxid := c.srv.Tree().Zxid
	c.lastZxid = zxid
	parts := op == wire.OpMulti && res.Parts != nil // the results of the parts say what has failed
	switch {
	case res.Code == wire.CodeSessionMoved:
		c.hangUp() // the session has moved to another connection
		return
	case res.Code != wire.CodeOK && !parts, op == wire.OpDelete, op == wire.OpDeleteContainer, op == wire.OpClose:
		c.reply(xid, zxid, res.Code)
	case t.NoAnswer:
		c.note(zxid, wire.CodeOK, true)
	default:
		start := c.begin(xid, zxid, wire.CodeOK)
		c.pending = answer.AppendWrite(c.pending, op, res, &c.srv.w.cfg.Rules.Behaviour)
		c.finish(start)
	}
	if op == wire.OpClose && !c.held {
		c.hangUp()
	}
}
