package zkasync

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/mux"
	"github.com/zkasync/zkasync-go/internal/session"
)

// run is the client between a start and a stop.
type run struct {
	c       *Client
	begun   time.Time
	session *session.Run
	started *future.Promise[future.Void] // completes with the first session
	stopped *future.Promise[future.Void] // nil until shutdown; guarded by runs.mu
	bye     *delivery                    // runs the callbacks of stopped; nil as long as stopped is
	over    chan struct{}                // closed when the stop is complete and these callbacks have run or failed to return
	detach  bool                         // Detach stops it; guarded by runs.mu
	leaves  atomic.Pointer[Detached]     // what Detach has left; nil as long as that is not known, and if it is nothing
	left    error                        // the error if one of them did not return; read when over is closed
	resting resting                      // set by shutdown
	hooked  hookedConn                   // what hooks know of the connection
}

// runs holds a client's runs: at most one at a time, and what the previous one may have left behind.
type runs struct {
	mu      sync.Mutex
	present *run        // nil when stopped
	left    *run        // the previous run, if it has left something, such as a callback that does not return; nil once another has started
	latest  *run        // the run that began last, for what it has counted
	waiters int         // calls of Close that wait for left; meanwhile no run starts, since they would stop its handler
	hosts   []string    // where the next run connects to
	resume  mux.Session // the session that the first run resumes
}

// now returns the current run, or nil if there is none.
func (rs *runs) now() *run {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return rs.present
}

// last returns the run that began last, or nil if none has.
func (rs *runs) last() *run {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return rs.latest
}

// move sets where the next run connects to, and returns the current one.
func (rs *runs) move(hosts []string) *run {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.hosts = hosts
	return rs.present
}

// given returns the servers that the client was given.
func (rs *runs) given() []string {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return rs.hosts
}

// begin returns the current run, or creates one. It fails while the current one is stopping.
func (rs *runs) begin(start func(hosts []string, resume mux.Session) (*run, error)) (*run, error) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if r := rs.present; r != nil && r.stopped == nil {
		return r, nil
	}
	if rs.present != nil || rs.waiters > 0 {
		return nil, &OpError{Op: "start", Outcome: OutcomeNotSent, Err: fmt.Errorf("%w: it is still stopping", ErrClosed)}
	}
	r, err := start(rs.hosts, rs.resume)
	if err != nil {
		return nil, err
	}
	rs.present, rs.latest, rs.left, rs.resume = r, r, nil, mux.Session{}
	return r, nil
}

// detach is stop for Detach. It returns nil if there is no current run, or one that stops without Detach.
func (rs *runs) detach() *run {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r := rs.present
	if r != nil && r.stopped == nil {
		r.detach = true
		r.session.Detach()
		r.stop()
	}
	if r == nil || !r.detach {
		return nil
	}
	return r
}

// stop starts to stop the current run, unless that has happened, and returns it. over means that there is no current run: r is
// then the previous one, or nil if that has left nothing.
func (rs *runs) stop() (r *run, over bool) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.present == nil {
		return rs.left, true
	}
	if rs.present.stopped == nil {
		rs.present.stop()
	}
	return rs.present, false
}

// end removes the current run. It counts as having left something until it is settled.
func (rs *runs) end(r *run) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.present, rs.left = nil, r
}

// settled records that a run has left nothing.
func (rs *runs) settled(r *run) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.left == r {
		rs.left = nil
	}
}

// settle calls wait for what a run has left behind. It does not if nothing is left any more, or another run has started since.
func (rs *runs) settle(r *run, wait func() error) error {
	rs.mu.Lock()
	if rs.left != r {
		rs.mu.Unlock()
		return nil
	}
	rs.waiters++
	rs.mu.Unlock()
	err := wait()
	if err == nil {
		rs.settled(r)
	}
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.waiters--
	return err
}
