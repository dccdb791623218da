package zktest

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/jute"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/serve"
)

// When says at which point a fault strikes.
type When int

const (
	// Before: the request is not applied.
	Before When = iota
	// After: the request has been applied, and watches have fired. The fault decides what happens to its answer.
	After
)

// Fault breaks requests. The zero value of a field imposes no condition.
type Fault struct {
	Op      Op
	Path    string // a pattern as in path.Match; one that ends in "/**" covers everything below. A multi is covered if any of its paths is
	Session int64
	Skip    int // how many of these requests pass first
	Count   int // how many are then struck; 0: all
	When    When
	Do      Action // required
}

// Action says what happens to a request. The zero value lets it pass.
type Action struct {
	do  serve.Action
	err error // why the action is invalid
}

// Fail answers with an error: one of go-zookeeper's, such as zk.ErrNoNode, or a [zkasync.ServerError]. [Server.Fault] and
// [Server.Intercept] refuse an error for which servers have no code.
func Fail(err error) Action {
	code, ok := codeOf(err)
	if !ok {
		return Action{err: fmt.Errorf("no server answers with the error %v", err)}
	}
	return Code(code)
}

// codeOf finds the code of an error.
func codeOf(err error) (int32, bool) {
	const least = -127
	if err == nil {
		return 0, false
	}
	var internal wire.ServerError
	if errors.As(err, &internal) {
		return internal.Code, true
	}
	var public zkasync.ServerError
	if errors.As(err, &public) {
		return public.Code, true
	}
	for code := int32(-1); code >= least; code-- {
		if known := wire.ErrorOf(code); errors.Is(err, known) {
			return code, true
		}
	}
	return 0, false
}

// Code answers with the code of an error, as in KeeperException.Code.
func Code(code int32) Action { return Action{do: serve.Action{Kind: serve.Fail, Code: code}} }

// Drop ends the connection instead of answering. Earlier answers still arrive. With [After] this is the unknown outcome:
// the request has been applied, but the client cannot know that.
func Drop() Action { return Action{do: serve.Action{Kind: serve.Drop}} }

// Hold keeps the request, or with [After] its answer, until [Injected.Release]. Later requests of the client wait too.
func Hold() Action { return Action{do: serve.Action{Kind: serve.Hold}} }

// Cut sends the first n bytes of the answer and ends the connection.
func Cut(n int) Action { return Action{do: serve.Action{Kind: serve.Cut, N: n}} }

// Raw sends bytes instead of the answer, whatever they are.
func Raw(bytes []byte) Action { return Action{do: serve.Action{Kind: serve.Raw, Bytes: bytes}} }

// Answer answers with success and a record, which is the bytes after the header.
func Answer(record []byte) Action { return Action{do: serve.Action{Kind: serve.Answer, Bytes: record}} }

// Injected is an active fault. Its methods are safe for concurrent use.
type Injected struct {
	w  *world
	in *serve.Injected
}

// Fault activates a fault, on all servers of an ensemble. If several match a request, the first one strikes. An
// invalid fault fails the test, or panics on a server of [New] or [NewEnsemble].
//
//	lost := srv.Fault(zktest.Fault{Op: zktest.OpSetData, Path: "/config", Count: 1, When: zktest.After, Do: zktest.Drop()})
func (s *Server) Fault(f Fault) *Injected {
	s.w.tb.Helper()
	if err := f.check(); err != nil {
		s.w.tb.Fatalf("zktest: Fault: %v", err)
	}
	s.w.Lock()
	defer s.w.Unlock()
	return &Injected{s.w, s.w.Inject(serve.Fault{
		Covers: f.covers, Session: f.Session, Skip: f.Skip, Count: f.Count, After: f.When == After, Do: f.Do.do,
	})}
}

func (f *Fault) check() error {
	if _, err := path.Match(strings.TrimSuffix(f.Path, "/**"), "/"); err != nil {
		return fmt.Errorf("path %q: %w", f.Path, err)
	}
	switch {
	case f.Do.err != nil:
		return f.Do.err
	case f.Do.do.Kind == serve.Pass:
		return errors.New("it has no Do")
	case f.Skip < 0 || f.Count < 0:
		return fmt.Errorf("skip %d, count %d: neither may be negative", f.Skip, f.Count)
	case f.When != Before && f.When != After:
		return fmt.Errorf("when %d is neither Before nor After", f.When)
	case f.Do.do.Kind == serve.Cut && f.Do.do.N < 0:
		return fmt.Errorf("cut after %d bytes", f.Do.do.N)
	}
	return nil
}

// Fired returns how many requests the fault has struck.
func (in *Injected) Fired() int { return in.in.Fired() }

// Wait waits until the fault has struck n requests. It fails when ctx ends.
func (in *Injected) Wait(ctx context.Context, n int) error {
	return waited(fmt.Sprintf("a fault to strike %d times", n), in.w.Wait(ctx, func() bool { return in.Fired() >= n }))
}

// Release releases what is held now. Later requests are held again.
func (in *Injected) Release() { in.in.Release() }

// Remove ends the fault and releases what it holds.
func (in *Injected) Remove() { in.in.Remove() }

// covers reports whether the fault covers a request, apart from the session.
func (f *Fault) covers(op wire.OpCode, o *jute.Operation) bool {
	return f.Op.covers(op) && f.coversPath(o)
}

func (f *Fault) coversPath(o *jute.Operation) bool {
	if f.Path == "" {
		return true
	}
	for i := range o.Parts {
		if f.matches(o.Parts[i].Path.S) {
			return true
		}
	}
	return len(o.Parts) == 0 && f.matches(o.Path.S)
}

func (f *Fault) matches(p string) bool {
	above, below := strings.CutSuffix(f.Path, "/**")
	if !below {
		ok, _ := path.Match(f.Path, p)
		return ok
	}
	// The pattern must match the beginning of p, cut after as many names as the pattern has.
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

// Intercept calls f with every request except pings and credentials before it is processed, and carries out the action
// that f returns; the zero Action lets the request pass. f must not return Hold. It may block instead, which delays only
// the client of this request, and it may call methods of the server. A nil f ends the interception. In an ensemble,
// Intercept applies to all servers. An invalid action panics, because f does not run on the test's goroutine.
func (s *Server) Intercept(f func(Request) Action) {
	s.w.Lock()
	defer s.w.Unlock()
	if f == nil {
		s.w.Cluster.Intercept(nil)
		return
	}
	s.w.Cluster.Intercept(func(q serve.Request) serve.Action {
		a := f(requestOf(&q))
		if a.err != nil {
			panic("zktest: Intercept: " + a.err.Error())
		}
		return a.do
	})
}
