package reach

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/zkasync/zkasync-go/internal/hosts"
	"github.com/zkasync/zkasync-go/internal/mux"
)

const (
	// dialStagger is how long connecting may take before the next server is tried concurrently, as between families of addresses
	// (RFC 8305, "connection attempt delay").
	dialStagger = 300 * time.Millisecond
	// MaxPending bounds the attempts in progress, maxPendingPerServer those with one address. The oldest is dropped.
	MaxPending          = 16
	maxPendingPerServer = 3
	// longShare bounds the growth of a server's share of the time while there is no session that could be lost.
	longShare = 30 * time.Second
)

// seek is the search for a server that answers a handshake. Each server gets a share of the time. If it has not answered by then,
// the next server is tried while the seek goes on listening to the first, and the first answer counts. The session, however, is
// offered to one server after the other, and only the answer to the last offer counts, because that server has the session now
// (the others throw SessionMovedException). A seek runs on go-zookeeper's loop.
type seek struct {
	sk     *Seeker
	events chan *attempt
	over   chan struct{} // closed when the seek has ended

	pending []*attempt // oldest first
	asking  *attempt   // the one that shakes hands within its share of the time, nil if none
	ready   []*attempt // connected, waiting for their turn to shake hands
	dial    time.Time  // when the next attempt may begin

	edition   int       // of the list of servers
	pauseEnds time.Time // of the pause before the next pass
	building  bool      // the pass waits for look-ups
	graceEnds time.Time // when it no longer waits for all of them
	waiting   []string  // names that are still being looked up

	timedOut bool     // a server did not answer in time in this pass
	stranger *attempt // answered by a server that may have been wiped, see probe.go
	next     *step    // to be tried before the pass goes on
	won      *attempt // the attempt that found a server
	passed   bool     // a pass is over
}

// step is an attempt that must be made.
type step struct {
	server hosts.Server
	kind   mux.Offer
}

func (sk *Seeker) newSeek() *seek {
	sk.cfg.Mux.WaitConns()
	sk.cfg.Hosts.Resume()
	s := &seek{sk: sk, events: make(chan *attempt), over: make(chan struct{}), edition: sk.cfg.Hosts.Edition()}
	if !sk.cfg.Hosts.Left() {
		s.newPass()
	}
	return s
}

// run seeks until a handshake is answered, whose attempt is then in won, or until a pass is over.
func (s *seek) run() {
	s.passed = false
	for s.won == nil && !s.passed && s.sk.ctx.Err() == nil {
		now := time.Now()
		if s.edition != s.sk.cfg.Hosts.Edition() {
			s.newPass()
		}
		s.gather(now)
		s.expireShares(now)
		s.advance(now)
		if s.won == nil && !s.passed {
			s.wait(now)
		}
	}
}

// advance does what is due: it gives the next attempt its turn to shake hands, begins another attempt, or begins another pass.
func (s *seek) advance(now time.Time) {
	if s.asking != nil || now.Before(s.pauseEnds) {
		return
	}
	if len(s.ready) > 0 {
		s.giveTurn(now)
		return
	}
	if s.building || now.Before(s.dial) {
		return
	}
	if s.next != nil {
		step := *s.next
		s.next = nil
		s.begin(step, now)
		return
	}
	if server, ok := s.sk.cfg.Hosts.Take(); ok {
		s.begin(step{server: server}, now)
		return
	}
	if !slices.ContainsFunc(s.pending, func(a *attempt) bool { return !a.late }) {
		if s.timedOut {
			s.sk.pace.slower()
			s.timedOut = false
		}
		s.newPass()
		s.passed = true
	}
}

// begin starts an attempt.
func (s *seek) begin(step step, now time.Time) {
	s.makeRoom(step.server)
	ctx, cancel := context.WithTimeout(s.sk.ctx, askLimit)
	a := &attempt{server: step.server, kind: step.kind, events: s.events, over: s.over, cancel: cancel,
		turn: make(chan *mux.Handshake, 1), begun: now, made: now, until: now.Add(s.sk.share())}
	s.pending = append(s.pending, a)
	s.dial = now.Add(dialStagger)
	s.sk.cfg.Session.Trying(a.server)
	s.sk.attempts.Add(1)
	go a.run(ctx, s.sk)
}

// makeRoom gives up the oldest attempts if there are too many.
func (s *seek) makeRoom(next hosts.Server) {
	same := 0
	for i := len(s.pending) - 1; i >= 0; i-- {
		if s.pending[i].server == next {
			same++
		}
		if tooMany := len(s.pending)-i >= MaxPending; tooMany || s.pending[i].server == next && same >= maxPendingPerServer {
			s.drop(s.pending[i])
		}
	}
}

// drop gives up an attempt.
func (s *seek) drop(a *attempt) {
	a.cancel()
	s.forget(a)
}

func (s *seek) forget(a *attempt) {
	same := func(b *attempt) bool { return a == b }
	s.pending = slices.DeleteFunc(s.pending, same)
	s.ready = slices.DeleteFunc(s.ready, same)
	if s.asking == a {
		s.asking = nil
	}
}

// giveTurn lets the first connected attempt shake hands.
func (s *seek) giveTurn(now time.Time) {
	a := s.ready[0]
	s.ready = s.ready[1:]
	a.hand = s.sk.cfg.Mux.NewHandshake(a.sock, a.kind)
	a.begun, a.until, a.late = now, now.Add(s.sk.share()), false
	s.asking = a
	a.turn <- a.hand
}

// expireShares records which servers have not answered within their share. The seek keeps listening to them.
func (s *seek) expireShares(now time.Time) {
	for _, a := range s.pending {
		if a.late || now.Before(a.until) || slices.Contains(s.ready, a) {
			continue
		}
		a.late, s.timedOut = true, true
		if s.asking == a {
			s.asking = nil
		}
		what := "connecting to"
		if a.hand != nil {
			what = "handshake with"
		}
		s.sk.cfg.Session.Failed(a.server, fmt.Errorf("%s %v: no answer within %v: %w",
			what, a.server, now.Sub(a.begun).Round(time.Millisecond), os.ErrDeadlineExceeded))
		if a.hand != nil {
			s.sk.countRefusal(false)
		}
		s.doubt(a)
	}
}

// wait waits for the next event, or until something is due.
func (s *seek) wait(now time.Time) {
	t := time.NewTimer(s.due(now).Sub(now))
	defer t.Stop()
	select {
	case a := <-s.events:
		s.heard(a, time.Now())
	case <-t.C:
	case <-s.sk.cfg.Hosts.Resolver.Changed:
	case <-s.sk.ctx.Done():
	}
}

// due returns when the seek must go on even if nothing happens until then.
func (s *seek) due(now time.Time) time.Time {
	due := now.Add(time.Minute)
	sooner := func(t time.Time) {
		if t.After(now) && t.Before(due) {
			due = t
		}
	}
	sooner(s.pauseEnds)
	sooner(s.graceEnds)
	sooner(s.dial)
	for _, a := range s.pending {
		if !a.late {
			sooner(a.until)
		}
	}
	return due
}

// heard handles an attempt's progress.
func (s *seek) heard(a *attempt, now time.Time) {
	switch {
	case !slices.Contains(s.pending, a): // dropped meanwhile
		if a.hand != nil && a.err == nil {
			a.hand.Close()
		} else if a.hand == nil && a.sock != nil {
			_ = a.sock.Close()
		}
	case a.err != nil:
		s.failed(a)
	case !a.done:
		s.ready = append(s.ready, a)
	default:
		s.answered(a, now)
	}
}

// failed handles the failure of an attempt. The next one follows at once.
func (s *seek) failed(a *attempt) {
	s.forget(a)
	s.dial = time.Time{}
	err := a.err
	if a.hand != nil {
		err = fmt.Errorf("handshake with %v: %w", a.server, err)
	}
	s.sk.cfg.Session.Failed(a.server, err)
	s.sk.cfg.Session.Tried(a.server, time.Since(a.made), err)
	if a.hand == nil {
		s.doubt(a)
		return
	}
	refused := isRefusal(a.err)
	if s.sk.countRefusal(refused); refused {
		s.refused(a)
	} else {
		s.doubt(a)
	}
}

// answered handles a handshake's answer.
func (s *seek) answered(a *attempt, now time.Time) {
	s.forget(a)
	s.sk.pace.answered(now.Sub(a.begun))
	if a.kind == mux.OfferNothing {
		s.admitted(a)
		return
	}
	if later := s.laterOffer(a); later != nil {
		// The later server has the session, or will have it. It is likely to take as long as this one did, and gets that time.
		later.until = later.begun.Add(s.sk.share())
		later.late = later.late && now.After(later.until)
		if !later.late {
			s.asking = later
		}
		a.hand.Close()
		return
	}
	s.win(a)
}

// laterOffer returns the latest attempt that has offered the session after a did and still waits for the answer, or nil.
func (s *seek) laterOffer(a *attempt) *attempt {
	if !a.hand.Offers() {
		return nil
	}
	var later *attempt
	for _, b := range s.pending {
		if b.hand != nil && b.hand.Offers() && b.begun.After(a.begun) && (later == nil || b.begun.After(later.begun)) {
			later = b
		}
	}
	return later
}

func (s *seek) win(a *attempt) {
	s.won = a
	s.sk.cfg.Session.Tried(a.server, time.Since(a.made), nil)
	s.sk.pace.success()
	s.sk.cfg.Hosts.Found(a.server)
}

// end ends the seek. It cancels all attempts except handshakes that may create another session: these go on, and end that session
// when it is granted.
func (s *seek) end() {
	close(s.over)
	if s.stranger != nil && s.stranger != s.won {
		s.stranger.hand.Close()
	}
	for _, a := range s.pending {
		if a.hand == nil || a.hand.Offers() {
			a.cancel()
		}
	}
}
