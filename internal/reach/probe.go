package reach

import (
	"context"
	"errors"
	"io"
	"net"
	"time"

	"github.com/zkasync/zkasync-go/internal/hosts"
	"github.com/zkasync/zkasync-go/internal/mux"
)

// A server that ends handshakes without a word may have no quorum (then it will recover), have no room left for this client's
// host (maxClientCnxns), be read-only (it does not resume sessions of its ensemble), or have been wiped (it refuses clients that
// have seen a later state).
//
// A server can be asked whether it is read-only. A server was wiped if it refuses the session, admits a stranger (a client that
// asks for a new session) and refuses the session again. The stranger's connection then becomes the client's: if the server has
// room for only one connection, a second one could not be made.

// countRefusal counts the handshakes in a row that servers ended without a word.
func (sk *Seeker) countRefusal(refused bool) {
	if refused {
		sk.refusals.Add(1)
	} else {
		sk.refusals.Store(0)
	}
}

// mayBeWiped reports whether the servers have refused the session for so long that they may have been wiped. The session would be
// over by now, unless the servers themselves were down.
func (sk *Seeker) mayBeWiped() bool {
	gone := sk.cfg.Session.Gone()
	return !gone.IsZero() && int(sk.refusals.Load()) >= sk.cfg.Hosts.Len() && time.Since(gone) > sk.cfg.Session.Timeout()
}

// refused decides what to do after a server has ended a handshake without a word.
func (s *seek) refused(a *attempt) {
	switch {
	case a.kind != mux.OfferSession || !a.hand.Offers():
	case s.stranger != nil && s.stranger.server == a.server: // the server has just admitted a stranger
		s.won, s.stranger = s.stranger, nil
		s.sk.pace.success()
		s.sk.cfg.Hosts.Found(s.won.server)
	case s.sk.mayBeWiped():
		s.next = &step{server: a.server, kind: mux.OfferNothing}
	}
}

// admitted offers the session once more to a server that has admitted a stranger: it may have recovered just now.
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

// doubt gives up the stranger if the server that admitted it did not refuse the session again.
func (s *seek) doubt(a *attempt) {
	if s.stranger != nil && s.stranger.server == a.server {
		s.stranger.hand.Close()
		s.stranger = nil
	}
}

// offerTo decides what the next handshake with a server offers.
func (sk *Seeker) offerTo(ctx context.Context, s hosts.Server) mux.Offer {
	if sk.cfg.ReadOnly && sk.refusals.Load() > 0 && sk.askMode(ctx, s) == modeReadOnly {
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

// IsWritable asks a server whether it has a quorum.
func (sk *Seeker) IsWritable(ctx context.Context, s hosts.Server) bool {
	return sk.askMode(ctx, s) == modeReadWrite
}

// askMode asks a server with the four-letter word "isro", as the Java client does. It returns "" if there is no answer within
// Config.AskTime.
func (sk *Seeker) askMode(ctx context.Context, s hosts.Server) string {
	ctx, cancel := context.WithTimeout(ctx, sk.cfg.AskTime)
	defer cancel()
	sock, err := sk.cfg.Dialer.Connect(ctx, s)
	if err != nil {
		return ""
	}
	defer sock.Close()
	cutoff := CutoffBy(ctx, sock)
	defer cutoff.End()
	if _, err := io.WriteString(sock, "isro"); err != nil {
		return ""
	}
	answer, err := io.ReadAll(io.LimitReader(sock, isroReply))
	if err != nil {
		return ""
	}
	return string(answer)
}
