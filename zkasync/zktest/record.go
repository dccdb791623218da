package zktest

import (
	"context"
	"fmt"
	"time"

	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
)

// Request is one request as the server saw it. Pings are requests as well; credentials are not.
type Request struct {
	Server  int // the number of the server that it came to, from 1
	Session int64
	Xid     int32
	Op      Op
	Path    string // of a multi, that of its first part
	Time    time.Time
	Zxid    int64 // in the header of the answer; of a write that was not refused, its own
	Err     error // as package zkasync would report it: zk.ErrNoNode and so on; nil if it succeeded
	Lost    bool  // a fault kept the answer from the client, or changed it
}

// String shows a request in one line.
func (r Request) String() string {
	outcome := "ok"
	if r.Err != nil {
		outcome = r.Err.Error()
	}
	if r.Lost {
		outcome += ", not told"
	}
	return fmt.Sprintf("session 0x%x: %v %s (xid %d) -> zxid 0x%x, %s", r.Session, r.Op, r.Path, r.Xid, r.Zxid, outcome)
}

// record keeps the latest requests.
type record struct {
	limit   int
	ring    []Request
	total   int64         // recorded so far
	changed chan struct{} // closed at the next change of anything that somebody waits for; nil: nobody does
}

func (r *record) add(q Request) {
	if r.limit == 0 {
		return
	}
	if len(r.ring) < r.limit {
		r.ring = append(r.ring, q)
	} else {
		r.ring[r.total%int64(r.limit)] = q
	}
	r.total++
}

// since returns what is kept of the requests from number from on.
func (r *record) since(from int64) []Request {
	from = max(from, r.total-int64(len(r.ring)))
	var list []Request
	for ; from < r.total; from++ {
		list = append(list, r.ring[from%int64(r.limit)])
	}
	return list
}

// note records the request that a connection is being answered.
func (c *conn) note(zxid int64, code int32, lost bool) {
	w := c.srv.w
	w.record.add(Request{
		Server: c.srv.id, Session: c.session.id, Xid: c.current.xid, Op: Op(c.current.op), Path: c.current.path,
		Time: w.now, Zxid: zxid, Err: wire.ErrorOf(code), Lost: lost,
	})
	w.tell()
}

// tell wakes whoever waits for a change.
func (w *world) tell() {
	if w.record.changed != nil {
		close(w.record.changed)
		w.record.changed = nil
	}
}

// change returns a channel that is closed at the next change. The lock is held.
func (w *world) change() <-chan struct{} {
	if w.record.changed == nil {
		w.record.changed = make(chan struct{})
	}
	return w.record.changed
}

// until waits until done, which runs with the lock held, reports true.
func (w *world) until(ctx context.Context, what string, done func() bool) error {
	for {
		w.lock()
		ready, closed, changed := done(), w.closed, w.change()
		w.release()
		switch {
		case ready:
			return nil
		case closed:
			return fmt.Errorf("zktest: wait for %s: %w", what, ErrClosed)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("zktest: wait for %s: %w", what, context.Cause(ctx))
		}
	}
}

// Requests returns the latest requests, oldest first, as many as [WithRecord] has the server keep. In an ensemble they are
// those of all its servers.
func (s *Server) Requests() []Request {
	s.w.lock()
	defer s.w.release()
	return s.w.record.since(0)
}

// WaitFor returns the first request that match accepts, one that is on record already or one to come. It fails when ctx
// ends or the server is closed. The function is called by this goroutine and may call methods of the server.
func (s *Server) WaitFor(ctx context.Context, match func(Request) bool) (Request, error) {
	w, from := s.w, int64(0)
	for {
		w.lock()
		list, closed, changed := w.record.since(from), w.closed, w.change()
		from = w.record.total
		w.release()
		for _, q := range list {
			if match(q) {
				return q, nil
			}
		}
		if closed {
			return Request{}, fmt.Errorf("zktest: wait for a request: %w", ErrClosed)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Request{}, fmt.Errorf("zktest: wait for a request: %w", context.Cause(ctx))
		}
	}
}
