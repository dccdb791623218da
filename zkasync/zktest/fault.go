package zktest

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"sync/atomic"

	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
)

// When says at which point a fault strikes.
type When int

const (
	// Before: the request is not applied.
	Before When = iota
	// After: the request has been applied, and watches have fired. What becomes of its answer is the fault's.
	After
)

// Fault breaks requests. The zero value of a field puts no condition.
type Fault struct {
	Op      Op
	Path    string // a pattern as in path.Match; one that ends in "/**" covers all that is below. A multi is covered by any of its paths
	Session int64
	Skip    int // so many such requests are let through first
	Count   int // and so many are struck; 0: all that follow
	When    When
	Do      Action // required
}

// Action is what becomes of a request. The zero value lets it pass.
type Action struct {
	kind  actionKind
	code  int32
	n     int
	bytes []byte
}

type actionKind int

const (
	actPass actionKind = iota
	actFail
	actDrop
	actHold
	actCut
	actRaw
	actAnswer
)

// Fail answers with an error: one of go-zookeeper's, such as zk.ErrNoNode, or an error of package zkasync that a server's
// code became. It panics when a server has no code for err.
func Fail(err error) Action {
	code, ok := codeOf(err)
	if !ok {
		panic(fmt.Sprintf("zktest: Fail: no server answers with the error %v", err))
	}
	return Action{kind: actFail, code: code}
}

// codeOf finds the code of an error.
func codeOf(err error) (int32, bool) {
	const least = -127
	var own wire.ServerError
	if errors.As(err, &own) {
		return own.Code, true
	}
	for code := int32(-1); code >= least; code-- {
		if known := wire.ErrorOf(code); errors.Is(err, known) {
			return code, true
		}
	}
	return 0, false
}

// Code answers with an error's number, as in KeeperException.Code.
func Code(code int32) Action { return Action{kind: actFail, code: code} }

// Drop ends the connection instead of answering. All that was answered before still arrives. With [After] that is the
// unknown outcome: applied, and the client cannot know.
func Drop() Action { return Action{kind: actDrop} }

// Hold keeps the request, or with [After] its answer, until [Injected.Release]. What the client sends behind it waits as
// well.
func Hold() Action { return Action{kind: actHold} }

// Cut sends the first n bytes of the answer and ends the connection.
func Cut(n int) Action { return Action{kind: actCut, n: n} }

// Raw sends bytes instead of the answer, whatever they are.
func Raw(bytes []byte) Action { return Action{kind: actRaw, bytes: bytes} }

// Answer answers with success and a record, which is the bytes behind the header.
func Answer(record []byte) Action { return Action{kind: actAnswer, bytes: record} }

// Injected is a fault at work. Its methods are safe for concurrent use.
type Injected struct {
	w     *world
	fault Fault
	seen  int // such requests so far
	fired atomic.Int64

	held []func() // what Release does, under the lock
}

// Fault puts a fault to work, on all servers of an ensemble. Of several that cover a request the first one strikes. It
// panics when f makes no sense.
//
//	lost := srv.Fault(zktest.Fault{Op: zktest.OpSetData, Path: "/config", Count: 1, When: zktest.After, Do: zktest.Drop()})
func (s *Server) Fault(f Fault) *Injected {
	if err := f.check(); err != nil {
		panic("zktest: Fault: " + err.Error())
	}
	in := &Injected{w: s.w, fault: f}
	s.w.lock()
	defer s.w.release()
	s.w.faults = append(s.w.faults, in)
	return in
}

func (f *Fault) check() error {
	if _, err := path.Match(strings.TrimSuffix(f.Path, "/**"), "/"); err != nil {
		return fmt.Errorf("path %q: %w", f.Path, err)
	}
	switch {
	case f.Do.kind == actPass:
		return errors.New("it has no Do")
	case f.Skip < 0 || f.Count < 0:
		return fmt.Errorf("skip %d, count %d: neither may be negative", f.Skip, f.Count)
	case f.When != Before && f.When != After:
		return fmt.Errorf("when %d is neither Before nor After", f.When)
	case f.Do.kind == actCut && f.Do.n < 0:
		return fmt.Errorf("cut after %d bytes", f.Do.n)
	}
	return nil
}

// Fired returns how many requests the fault has struck.
func (in *Injected) Fired() int { return int(in.fired.Load()) }

// Wait waits until the fault has struck n requests. It fails when ctx ends.
func (in *Injected) Wait(ctx context.Context, n int) error {
	return in.w.until(ctx, fmt.Sprintf("a fault to strike %d times", n), func() bool { return in.Fired() >= n })
}

// Release lets go of what is held so far. What comes later is held again.
func (in *Injected) Release() {
	in.w.lock()
	defer in.w.release()
	held := in.held
	in.held = nil
	for _, letGo := range held {
		letGo()
	}
}

// Remove ends the fault and lets go of what it holds.
func (in *Injected) Remove() {
	in.w.lock()
	for i, other := range in.w.faults {
		if other == in {
			in.w.faults = append(in.w.faults[:i:i], in.w.faults[i+1:]...)
			break
		}
	}
	in.w.release()
	in.Release()
}

// strike returns the fault that strikes a request, nil if none does.
func (w *world) strike(r *request) *Injected {
	for _, in := range w.faults {
		f := &in.fault
		if !f.Op.covers(r.op) || f.Session != 0 && f.Session != r.c.session.id || !f.coversPath(&r.o) {
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

func (f *Fault) coversPath(o *operation) bool {
	if f.Path == "" {
		return true
	}
	for i := range o.sub {
		if f.matches(o.sub[i].path.s) {
			return true
		}
	}
	return len(o.sub) == 0 && f.matches(o.path.s)
}

func (f *Fault) matches(p string) bool {
	above, below := strings.CutSuffix(f.Path, "/**")
	if !below {
		ok, _ := path.Match(f.Path, p)
		return ok
	}
	// The pattern is matched with as many names as it has.
	depth := strings.Count(above, "/")
	for i := 0; i < len(p); i++ {
		if p[i] != '/' {
			continue
		}
		if depth--; depth == -1 {
			ok, _ := path.Match(above, p[:i])
			return ok
		}
	}
	return false
}

// struck counts and tells that a fault has struck.
func (in *Injected) struck() {
	if in != nil {
		in.fired.Add(1)
		in.w.tell()
	}
}

// prevent does a fault's part before a request is applied. It reports whether that was all.
func (c *conn) prevent(r *request, do Action, in *Injected) bool {
	if do.kind == actPass {
		return false
	}
	if do.kind == actHold {
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
	code := codeOK
	if do.kind == actFail {
		code = do.code
	}
	start := c.begin(r.xid, c.srv.tree.last, code)
	if do.kind == actAnswer {
		c.pending = append(c.pending, do.bytes...)
	}
	c.pending = wire.EndFrame(c.pending, start)
	c.note(c.srv.tree.last, code, do.kind != actFail)
	c.distort(start, do)
	in.struck()
	return true
}

// distort does to an answer, which begins at start, what a fault wants of it.
func (c *conn) distort(start int, do Action) {
	switch do.kind {
	case actDrop:
		c.pending = c.pending[:start]
		c.hangUp()
	case actCut:
		c.pending = c.pending[:min(start+do.n, len(c.pending))]
		c.hangUp()
	case actRaw:
		c.pending = append(c.pending[:start], do.bytes...)
	}
}

// strikeAnswer does a fault's part when a request has been applied and its answer, which begins at start, is written.
func (c *conn) strikeAnswer(start int, in *Injected) {
	do := in.fault.Do
	switch do.kind {
	case actFail, actAnswer:
		const header = lengthSize + wire.HeaderLen
		c.pending = c.pending[:start+header]
		code := do.code // 0 for actAnswer
		c.pending = wire.AppendInt32(c.pending[:start+header-4], code)
		c.pending = wire.EndFrame(append(c.pending, do.bytes...), start)
	case actHold:
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
