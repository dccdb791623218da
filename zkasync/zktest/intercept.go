package zktest

import "github.com/zkasync/zkasync-go/zkasync/internal/wire"

// Intercept has every request but pings and credentials shown to f before it is processed. What f returns becomes of it;
// the zero Action lets it pass. Hold is not for f, which may block instead: it holds up nobody but the client whose request
// it was given. It may call methods of the server. A nil f ends it. In an ensemble it counts for all servers.
func (s *Server) Intercept(f func(Request) Action) {
	s.w.lock()
	defer s.w.release()
	s.w.intercept = f
}

// consult asks the function of Intercept about a request that has come. It runs without the lock, which is held before
// and after.
func (c *conn) consult(frame []byte) Action {
	w := c.srv.w
	f := w.intercept
	if f == nil || c.session == nil || len(frame) < requestHeader {
		return Action{}
	}
	d := decoder{body: frame}
	q := Request{Server: c.srv.id, Session: c.session.id, Xid: d.int32(), Op: Op(d.int32()), Time: w.now}
	op := wire.OpCode(q.Op)
	if op == wire.OpPing || op == wire.OpSetAuth || op == wire.OpSASL || !w.cfg.behaviour.known(op) {
		return Action{}
	}
	o := decodeOperation(op, &d)
	q.Path = o.firstPath()
	w.release()
	do := f(q)
	w.lock()
	if do.kind == actHold {
		do = Action{}
	}
	return do
}

// firstPath is the path of an operation, or of the first part of a multi.
func (o *operation) firstPath() string {
	if len(o.sub) > 0 {
		return o.sub[0].path.s
	}
	return o.path.s
}
