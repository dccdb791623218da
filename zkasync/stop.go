package zkasync

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/handler"
)

// StopAsync stops the client and returns at once; callbacks may call it. The client refuses new operations, sends those
// that are queued, ends the session at the server, fails what is left with [ErrClosed], runs the callbacks and ends
// every goroutine. The future completes when all of that is done, or fails if a callback does not return within the
// close timeout. Callbacks of the future run after all others, on a goroutine of their own; Close waits for them as
// well.
//
// The client does not wait for a server that sends nothing for a second. Then, and when the connection is lost, it tries
// to end the session over another connection: for a quarter of a second more, or for 1.25 seconds from the start of
// the stop; for half a second when all servers refuse; longer when handshakes are known to take longer; never longer
// than the close timeout. If no server could be told to end the session, it ends by its timeout, and the Closed state
// carries an Err that says so.
func (c *Client) StopAsync() *future.Future[future.Void] {
	if err := c.refuseView("close"); err != nil {
		return c.refused(err)
	}
	r, _ := c.runs.stop()
	if r == nil {
		return future.Resolved(future.Void{})
	}
	return r.stopped.Future()
}

// Close stops the client as StopAsync does and waits for the end, for little longer than the close timeout. It may be called
// from any goroutine, any number of times, in any state. When it returns nil, no goroutine of the client is left. If a
// callback does not return, Close fails with an error that names it. When called from within a callback it cannot wait
// for its own caller: it stops the client as StopAsync does and returns an error that matches handler.ErrInCallback.
func (c *Client) Close() error {
	if err := c.refuseView("close"); err != nil {
		return err
	}
	r, over := c.runs.stop()
	if r == nil {
		return nil
	}
	return c.join(r, over)
}

// join waits for the end of a stop; over means that it has ended and has left something.
func (c *Client) join(r *run, over bool) error {
	if name := c.inCallback(); name != "" {
		return fmt.Errorf("zkasync: close: %w: %s still runs; the client stops when it returns", handler.ErrInCallback, name)
	}
	<-r.stopped.Future().Done()
	_, err := r.stopped.Future().Result()
	switch {
	case r.bye.h.InCallback(): // its callback cannot be waited for here; everything else is over
		return err
	case err == nil:
		<-r.over
		err = r.left
	}
	if err != nil && over { // that was some time ago
		err = c.runs.settle(r, r.settleAgain)
	}
	return err
}

// inCallback returns the name of the callback, or function of a derived future, that the calling goroutine is in, or "".
func (c *Client) inCallback() string {
	if h := c.cfg.handler; h.InCallback() {
		return h.Running()
	}
	return cmp.Or(c.delivery.running(), c.hooks.inCall())
}

// stop starts the stop. The caller holds runs.mu.
func (r *run) stop() {
	r.bye = newFarewell(r.c.cfg.logger)
	r.stopped = future.NewPromise[future.Void](newLane(r.bye, r.bye.lane))
	r.session.Stopping()
	r.c.states.stopScopes()
	go r.shutdown()
}

// shutdown performs the stop.
func (r *run) shutdown() {
	end := time.Now().Add(r.c.cfg.closeTimeout)
	r.started.Reject(&OpError{Op: "start", Outcome: OutcomeNotSent, Err: ErrClosed})
	r.resting = r.c.pauses.stop()
	left := r.session.End(end)
	if s, stays := r.session.LeftBehind(); s.ID != 0 && r.detach {
		r.leaves.Store(&Detached{sessionOf(s), stays})
		left = ErrDetached
	}
	r.c.endWatches(ErrClosed)
	r.c.workers.Wait()
	r.c.states.change(func(now StateChange) (StateChange, bool) {
		return StateChange{State: StateClosed, SessionID: now.SessionID, Err: left}, true
	})
	r.c.states.endFeeds()
	r.farewell(end, r.settle(end))
}

// farewell completes the stop, and waits for the callbacks of its future.
func (r *run) farewell(end time.Time, err error) {
	defer close(r.over)
	r.c.runs.end(r)
	if err != nil {
		r.stopped.Reject(err)
	} else {
		r.stopped.Resolve(future.Void{})
	}
	r.left = within(end, r.bye.stop)
	if err == nil && r.left == nil {
		r.c.runs.settled(r)
	}
}

// newFarewell returns the delivery that runs the callbacks of a stop's future.
func newFarewell(logger *slog.Logger) *delivery {
	d := newDelivery(nil, 0)
	d.direct = true
	_ = d.start(logger) // it is new
	return d
}

// settle waits until end for user functions: those given to Retry and to derived futures, callbacks, dialers.
func (r *run) settle(end time.Time) error {
	return errors.Join(
		r.resting.wait(end),
		within(end, r.c.delivery.stop),
		r.stopHandler(end),
		within(end, r.c.cfg.calls.wait),
		within(end, r.c.hooks.stop),
		within(end, r.c.logs.stop),
	)
}

// settleAgain waits once more for what the stop has left behind.
func (r *run) settleAgain() error {
	end := time.Now().Add(r.c.cfg.closeTimeout)
	return errors.Join(r.settle(end), within(end, r.bye.stop))
}

// within gives wait until end, and a moment in any case.
func within(end time.Time, wait func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), max(time.Until(end), leastDrain))
	defer cancel()
	if err := wait(ctx); err != nil {
		return fmt.Errorf("zkasync: close: %w", err)
	}
	return nil
}

// overdue returns the error for those who wait when a user function holds up the stop: a dialer that ignores its context,
// say, or the connection that it made. The stop continues when the function returns.
func (r *run) overdue() error {
	if name := r.c.cfg.calls.oldest(); name != "" {
		return fmt.Errorf("zkasync: close: %s %w", name, errAbandoned)
	}
	if name := r.c.cfg.dialer; name != "" {
		return fmt.Errorf("zkasync: close: the connection made by the dialer %s does not end", name)
	}
	return errors.New("zkasync: close: the connection does not end")
}

// stopHandler stops the handler, which may be one of the user's own.
func (r *run) stopHandler(end time.Time) error {
	return within(end, func(ctx context.Context) error {
		h := r.c.cfg.handler
		if dispatches(h) {
			return h.Stop(ctx)
		}
		stopped := make(chan error, 1)
		name := fmt.Sprintf("method Stop of the handler %T", h)
		if err := r.c.cfg.calls.do(ctx, name, func() { stopped <- h.Stop(ctx) }); err != nil {
			return err
		}
		return <-stopped
	})
}
