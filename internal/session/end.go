package session

import (
	"fmt"
	"time"

	"github.com/zkasync/zkasync-go/internal/mux"
)

const (
	// Stall is how long a stop waits for a server that sends no replies.
	Stall = time.Second
	// closeTick is how often the stop checks.
	closeTick = 20 * time.Millisecond
)

// End ends the session and all goroutines of the run. It returns soon after end at the latest, unless a user function holds it up,
// of which it tells the owner by Overdue. It returns why the session was left to its timeout, or nil if it was not.
func (r *Run) End(end time.Time) (left error) {
	r.m.Stop()
	r.cancel()
	r.m.FailWaiting(r.cfg.Closed)
	left = r.endSession(end)
	r.clock.stop()
	r.clock.wait()
	r.seekers.Wait()
	r.m.FailWaiting(r.cfg.Closed)
	r.m.Wait()
	return left
}

// Detach makes End leave the session at the servers. Call it before Stopping.
func (r *Run) Detach() {
	r.detached.Store(true)
	r.m.Detach()
}

// LeftBehind returns the session that End has left at the servers after Detach, and how long it can still be alive there; its id is 0
// if there is none.
func (r *Run) LeftBehind() (mux.Session, time.Duration) { return r.m.Left(), r.clock.remaining() }

// endSession closes go-zookeeper's connection, which ends the session, and waits for its goroutines.
func (r *Run) endSession(end time.Time) error {
	closed := make(chan struct{})
	go r.closeSession(closed)
	tick := time.NewTicker(closeTick)
	defer tick.Stop()
	stall := newStallClock(r.m.Replies(), time.Now())
	for {
		select {
		case <-r.ended:
			<-closed
			if r.detached.Load() {
				return nil
			}
			return r.endElsewhere(end)
		case <-tick.C:
			now := time.Now()
			if stall.quiet(r.m.Replies(), now) > Stall || now.After(end) {
				r.m.Abort(r.errUnanswered())
			}
			if now.After(end.Add(Stall)) {
				r.owner.Overdue()
			}
		}
	}
}

// errUnanswered is the error of requests in flight when the stop gives the server up. It matches the error of the stop, because
// the stop is the cause, and not the network.
func (r *Run) errUnanswered() error {
	return fmt.Errorf("the server did not answer for %v: %w", Stall, r.cfg.Closed)
}

// closeSession runs on a goroutine of its own because go-zookeeper's Close waits for a reply.
func (r *Run) closeSession(closed chan<- struct{}) {
	defer close(closed)
	r.conn.Close()
}
