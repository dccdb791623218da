package session

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/zkasync/zkasync-go/internal/hosts"
	"github.com/zkasync/zkasync-go/internal/mux"
	"github.com/zkasync/zkasync-go/internal/reach"
)

const (
	// partingTime is how long after its start a stop goes on trying to end the session at any server, if the connected one is
	// silent or lost. If handshakes are known to take long, it tries for twice as long as they take.
	partingTime = Stall * 5 / 4
	// refusedTime is how long it tries if every server refuses.
	refusedTime = Stall / 2
	// partingStagger is the time between the attempts at one server and the next.
	partingStagger = 100 * time.Millisecond
)

// farewell ends the session at any server, for a stop that has lost its connection. Several servers may be told at the same time,
// because a server that ends a session does not check whether it has the session (PrepRequestProcessor).
type farewell struct {
	r      *Run
	ctx    context.Context
	cancel context.CancelFunc // ends ctx; called when the session has ended
	told   sync.WaitGroup

	mu    sync.Mutex
	ended bool
	err   error // of the last attempt
}

// endElsewhere ends the session if there is one that no server has been told to end. It returns why the session was left to its
// timeout, or nil if it was not. It is called after go-zookeeper's goroutines have ended.
func (r *Run) endElsewhere(end time.Time) error {
	if r.m.SessionEnded() || r.Session().ID == 0 || r.m.Offered().ID == 0 {
		return nil
	}
	begun := end.Add(-r.cfg.CloseTimeout)
	limit := begun.Add(max(partingTime, 2*r.seeker.Took()))
	f := &farewell{r: r, err: errNowhere}
	f.ctx, f.cancel = context.WithDeadline(context.Background(), earlier(limit, end))
	defer f.cancel()
	for start := time.Now(); ; {
		f.pass(end)
		switch ended, err := f.state(); {
		case ended:
			return nil
		case f.ctx.Err() != nil || time.Since(start) > refusedTime:
			r.Log(slog.LevelWarn, "session not ended at a server", "id", fmt.Sprintf("%#x", r.Session().ID), "error", err)
			return fmt.Errorf("no server was told, the session ends by its timeout (last attempt: %w): %w", err, r.cfg.Closed)
		}
		pauseIn(f.ctx, partingStagger)
	}
}

var errNowhere = errors.New("no server is known")

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// pauseIn waits for d, or until ctx is done.
func pauseIn(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// pass tells the servers one after the other, at short intervals, until one has ended the session.
func (f *farewell) pass(end time.Time) {
	servers := f.r.cfg.Hosts.All()
	for i, s := range servers[:min(len(servers), reach.MaxPending)] {
		if i > 0 {
			pauseIn(f.ctx, partingStagger)
		}
		if f.ctx.Err() != nil {
			break
		}
		f.told.Add(1)
		go f.tell(s)
	}
	all := make(chan struct{})
	go f.join(all)
	overdue := time.NewTimer(time.Until(end.Add(Stall)))
	defer overdue.Stop()
	select {
	case <-all:
	case <-overdue.C:
		f.r.owner.Overdue()
		<-all
	}
}

func (f *farewell) join(all chan<- struct{}) {
	defer close(all)
	f.told.Wait()
}

// tell asks one server to end the session.
func (f *farewell) tell(s hosts.Server) {
	defer f.told.Done()
	err := f.endAt(s)
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case err == nil:
		f.ended = true
		f.cancel()
	case !f.ended:
		f.err = fmt.Errorf("%v: %w", s, err)
	}
}

func (f *farewell) endAt(s hosts.Server) error {
	sock, err := f.r.cfg.Dialer.Connect(f.ctx, s)
	if err != nil {
		return err
	}
	cutoff := reach.CutoffBy(f.ctx, sock)
	defer cutoff.End()
	hand := f.r.m.NewHandshake(sock, mux.OfferSession)
	defer hand.Close()
	if err := hand.Ask(); err != nil {
		return err
	}
	if err := hand.Answer(); err != nil {
		return err
	}
	if hand.Granted() != f.r.m.Offered().ID {
		return nil // the server says that the session is over already
	}
	return hand.End()
}

func (f *farewell) state() (ended bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ended, f.err
}
