package serve

import (
	"sync/atomic"

	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/jute"
)

// Kind says what happens to a request.
type Kind int

// The kinds. The zero value lets a request pass.
const (
	Pass   Kind = iota
	Fail        // answered with Code
	Drop        // the connection ends instead
	Hold        // kept until Release
	Cut         // N bytes of the answer are sent, then the connection ends
	Raw         // answered with Bytes, whatever they are
	Answer      // answered with success, and Bytes as the record
)

// Action says what happens to a request, in detail.
type Action struct {
	Kind  Kind
	Code  int32
	N     int
	Bytes []byte
}

// Fault breaks requests.
type Fault struct {
	Covers  func(op wire.OpCode, o *jute.Operation) bool
	Session int64 // 0: any
	Skip    int   // how many of these requests pass first
	Count   int   // how many are then struck; 0: all
	After   bool  // strike the answer, after the request was applied; otherwise, the request
	Do      Action
}

// Injected is a fault in effect. Its methods are called without the lock.
type Injected struct {
	w     *Cluster
	fault Fault
	seen  int // requests that it covers so far
	fired atomic.Int64

	held []func() // called by Release, under the lock
}

// Inject puts a fault into effect. If several faults cover a request, the first one that is due strikes.
func (w *Cluster) Inject(f Fault) *Injected {
	in := &Injected{w: w, fault: f}
	w.faults = append(w.faults, in)
	return in
}

// Fired returns how many requests the fault has struck.
func (in *Injected) Fired() int { return int(in.fired.Load()) }

// Release lets go of what is held now. What comes later is held again.
func (in *Injected) Release() {
	in.w.Lock()
	defer in.w.Unlock()
	held := in.held
	in.held = nil
	for _, letGo := range held {
		letGo()
	}
}

// Remove ends the fault and lets go of what it holds.
func (in *Injected) Remove() {
	in.w.Lock()
	for i, other := range in.w.faults {
		if other == in {
			in.w.faults = append(in.w.faults[:i:i], in.w.faults[i+1:]...)
			break
		}
	}
	in.w.Unlock()
	in.Release()
}

// strike returns the fault that strikes a request, or nil if none does.
func (w *Cluster) strike(r *request) *Injected {
	for _, in := range w.faults {
		f := &in.fault
		if f.Session != 0 && f.Session != r.c.session.ID || !f.Covers(r.op, &r.o) {
			continue
		}
		in.seen++
		if in.seen <= f.Skip || f.Count > 0 && in.seen > f.Skip+f.Count {
			continue
		}
		return in
	}
	return nil
}

// struck records that a fault has struck.
func (in *Injected) struck() {
	if in != nil {
		in.fired.Add(1)
		in.w.Tell()
	}
}

// prevent carries out an action before a request is applied. It returns true if the request must not be applied.
func (c *conn) prevent(r *request, do Action, in *Injected) bool {
	if do.Kind == Pass {
		return false
	}
	if do.Kind == Hold {
		held := *r
		c.held = true
		in.held = append(in.held, func() {
			if c.gone {
				return
			}
			c.held = false
			c.current = held.meta()
			c.srv.handle(&held)
			c.resume()
		})
		in.struck()
		return true
	}
	code := wire.CodeOK
	if do.Kind == Fail {
		code = do.Code
	}
	start := c.begin(r.xid, c.srv.Tree().Zxid, code)
	if do.Kind == Answer {
		c.pending = append(c.pending, do.Bytes...)
	}
	c.pending = wire.EndFrame(c.pending, start)
	c.note(c.srv.Tree().Zxid, code, do.Kind != Fail)
	c.distort(start, do)
	in.struck()
	return true
}

// distort changes an answer, which begins at start, as the action says.
func (c *conn) distort(start int, do Action) {
	switch do.Kind {
	case Drop:
		c.pending = c.pending[:start]
		c.hangUp()
	case Cut:
		c.pending = c.pending[:min(start+do.N, len(c.pending))]
		c.hangUp()
	case Raw:
		c.pending = append(c.pending[:start], do.Bytes...)
	}
}

// strikeAnswer carries out the action of a fault on the answer to a request that has been applied. The answer begins at start.
func (c *conn) strikeAnswer(start int, in *Injected) {
	do := in.fault.Do
	switch do.Kind {
	case Fail, Answer:
		code := do.Code // 0 for Answer
		c.pending = wire.AppendInt32(c.pending[:start+replyHeader-4], code)
		c.pending = wire.EndFrame(append(c.pending, do.Bytes...), start)
	case Hold:
		answer := append([]byte(nil), c.pending[start:]...)
		c.pending = c.pending[:start]
		c.held = true
		in.held = append(in.held, func() {
			if c.gone {
				return
			}
			c.held = false
			c.list()
			c.pending = append(c.pending, answer...)
			if c.leaving {
				c.hangUp()
				return
			}
			c.resume()
		})
	default:
		c.distort(start, do)
	}
	in.struck()
}

// consult calls the function of Intercept, if there is one, with a request that has come. The caller holds the lock, which is
// released during the call.
func (c *conn) consult(frame []byte) Action {
	w := c.srv.w
	ask := w.intercept
	if ask == nil || c.session == nil || len(frame) < requestHeader {
		return Action{}
	}
	d := jute.Decoder{Body: frame}
	q := Request{Server: c.srv.Number(), Session: c.session.ID, Xid: d.Int32(), Op: wire.OpCode(d.Int32()), Time: w.Now()}
	if q.Op == wire.OpPing || q.Op == wire.OpSetAuth || q.Op == wire.OpSASL || !w.cfg.Rules.Known(q.Op) {
		return Action{}
	}
	o := jute.Decode(q.Op, &d)
	q.Path = o.FirstPath()
	w.Unlock()
	do := ask(q)
	w.Lock()
	if do.Kind == Hold {
		return Action{}
	}
	return do
}
