package zkasync

import (
	"context"
	"errors"
	"io"
	"net"
	"time"

	"github.com/zkasync/zkasync-go/zkasync/internal/mux"
)

// A server that ends handshakes without a word may be one without a quorum (then it will come back), one that has no place
// left for this client's host (maxClientCnxns), a read-only one (which takes up no session of its ensemble's), or one that
// was wiped (which refuses clients that have seen a later state).
//
// Read-only servers are asked. Whether one was wiped shows when it refuses the session, admits a stranger, and refuses the
// session again. The stranger's connection then becomes the client's, so that the one place that may have become free is
// not taken by a question.

// countRefusal counts the handshakes in a row that servers ended without a word.
func (r *run) countRefusal(refused bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if refused {
		r.refusals++
	} else {
		r.refusals = 0
	}
}

// mayBeWiped reports whether the servers have refused the session for so long that they may have been wiped: it would be
// over by now, had they not stood still themselves.
func (r *run) mayBeWiped() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.gone.IsZero() && r.refusals >= r.hosts.Len() && time.Since(r.gone) > r.timeout
}

// refused decides what comes next when a server has ended a handshake without a word.
func (s *seek) refused(a *attempt) {
	switch {
	case a.kind != mux.OfferSession || !a.hand.Offers():
	case s.stranger != nil && s.stranger.server == a.server: // admitted just before
		s.won, s.stranger = s.stranger, nil
		s.r.pace.success()
		s.r.hosts.found(s.won.server)
	case s.r.mayBeWiped():
		s.next = &step{server: a.server, kind: mux.OfferNothing}
	}
}

// admitted has the session offered once more to a server that has admitted a stranger: it may have come back just now.
func (s *seek) admitted(a *attempt) {
	if a.hand.Granted() == 0 || a.hand.ReadOnly() {
		a.hand.Close()
		return
	}
	s.stranger = a
	s.next = &step{server: a.server}
	s.dial = time.Time{}
}

// isRefusal reports whether a server has ended a handshake without a word.
func isRefusal(err error) bool {
	var reset *net.OpError
	return errors.Is(err, io.EOF) || errors.As(err, &reset) && !reset.Timeout()
}

// doubt gives the stranger up when the session was not refused as it was before.
func (s *seek) doubt(a *attempt) {
	if s.stranger != nil && s.stranger.server == a.server {
		s.stranger.hand.Close()
		s.stranger = nil
	}
}

// offerTo decides what the next handshake with a server offers.
func (r *run) offerTo(ctx context.Context, s server) mux.Offer {
	r.mu.Lock()
	refusals := r.refusals
	r.mu.Unlock()
	if r.c.cfg.readOnly && refusals > 0 && r.askMode(ctx, s) == modeReadOnly {
		return mux.OfferTemporary
	}
	return mux.OfferSession
}

// The answers to the four-letter word "isro".
const (
	modeReadOnly  = "ro"
	modeReadWrite = "rw"
	isroReply     = 64 // bounds the answer
)

// askMode asks a server by the four-letter word "isro", as the Java client does. It gets the share of the time that a
// handshake would get at first.
func (r *run) askMode(ctx context.Context, s server) string {
	ctx, cancel := context.WithTimeout(ctx, r.c.cfg.askTime())
	defer cancel()
	sock, err := r.c.cfg.connect(ctx, "tcp", s)
	if err != nil {
		return ""
	}
	defer sock.Close()
	watch := watchSocket(ctx, sock)
	defer watch.end()
	if _, err := io.WriteString(sock, "isro"); err != nil {
		return ""
	}
	answer, err := io.ReadAll(io.LimitReader(sock, isroReply))
	if err != nil {
		return ""
	}
	return string(answer)
}
