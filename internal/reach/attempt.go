package reach

import (
	"context"
	"net"
	"time"

	"github.com/zkasync/zkasync-go/internal/hosts"
	"github.com/zkasync/zkasync-go/internal/mux"
)

// askLimit is the maximum time to listen for a server's answer, during and after other attempts. A session that it grants
// later is ended by a request sent when the connection is given up.
const askLimit = time.Minute

// attempt is one attempt to reach a server: it connects and shakes hands. Each attempt has a goroutine, so that a slow server does
// not hold up the others.
type attempt struct {
	server hosts.Server
	kind   mux.Offer
	events chan<- *attempt // of the seek, which owns the attempt from then on, until it sends on turn
	over   <-chan struct{} // closed when the seek has ended
	cancel context.CancelFunc
	turn   chan *mux.Handshake // hands the handshake to the goroutine, once

	// Results of the goroutine, written before it is sent to events.
	sock net.Conn
	err  error
	done bool // the attempt has ended

	// Owned by the seek.
	hand  *mux.Handshake // nil until its turn
	begun time.Time      // when connecting began, then when the handshake began
	made  time.Time      // when the attempt began
	until time.Time      // the end of its share
	late  bool           // its share is over
}

// run connects, waits for its turn, and shakes hands.
func (a *attempt) run(ctx context.Context, sk *Seeker) {
	defer sk.attempts.Done()
	defer a.cancel()
	if a.kind == mux.OfferSession {
		a.kind = sk.offerTo(ctx, a.server)
	}
	a.sock, a.err = sk.cfg.Dialer.Connect(ctx, a.server)
	if a.err != nil {
		a.done = true
		a.report(ctx)
		return
	}
	if !a.report(ctx) {
		_ = a.sock.Close()
		return
	}
	select {
	case hand := <-a.turn:
		a.shake(ctx, hand)
	case <-a.over:
		_ = a.sock.Close()
	case <-ctx.Done():
		_ = a.sock.Close()
	}
}

// shake shakes hands. If the outcome is no longer wanted, it ends the session that the server may have created.
func (a *attempt) shake(ctx context.Context, hand *mux.Handshake) {
	cutoff := CutoffBy(ctx, a.sock)
	a.err = hand.Ask()
	if a.err == nil {
		a.err = hand.Answer()
	}
	if cut := cutoff.End(); cut && a.err == nil {
		a.err = context.Cause(ctx)
	}
	a.done = true
	if a.err != nil || !a.report(ctx) {
		hand.Close()
	}
	if a.err != nil {
		a.report(ctx)
	}
}

// report passes the attempt to the seek. It returns false if the seek no longer listens.
func (a *attempt) report(ctx context.Context) bool {
	select {
	case a.events <- a:
		return true
	case <-a.over:
	case <-ctx.Done():
	}
	return false
}
