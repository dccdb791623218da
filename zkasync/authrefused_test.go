package zkasync_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
)

// codeAuthFailed is the server's answer to credentials that it does not accept. It then closes the connection.
const codeAuthFailed = -115

// refusesAuth is a script of a server that accepts no credentials.
func refusesAuth(c *zkpeer.Conn) {
	c.Accept()
	for {
		r, ok := c.Next()
		if !ok || r.Op == wire.OpSetAuth && c.Refuse(r, codeAuthFailed) {
			return
		}
		if !c.Answer(r) {
			return
		}
	}
}

// wantAuthFailed checks that the client has given up because of its credentials, and says so.
func wantAuthFailed(t *testing.T, s *scripted) {
	t.Helper()
	if state := s.State(); state != zkasync.StateAuthFailed {
		t.Errorf("state %v, want %v", state, zkasync.StateAuthFailed)
	}
	fails(t, s.get("/later"), zkasync.ErrAuthFailed, zkasync.ErrNotSent)
	accepted := s.peer.Accepted()
	synctest.Wait()
	if n := s.peer.Accepted(); n != accepted {
		t.Errorf("the client connects again with credentials that are not accepted")
	}
}

// Credentials that a server accepted once are rejected on the reconnect.
func TestCredentials_CredentialsRejectedOnReconnect(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cut, reject := make(chan struct{}), make(chan struct{})
		s := newScripted(t, []zkasync.Option{zkasync.WithAuth("digest", []byte("u:p"))}, func(c *zkpeer.Conn) {
			c.Accept()
			go func() { <-cut; c.Cut() }()
			c.Serve(func(r zkpeer.Request) bool { return r.Path == "/flight" })
		}, func(c *zkpeer.Conn) {
			<-reject
			refusesAuth(c)
		})
		must(t, s.StartAsync())
		changes := s.States(context.Background())
		event := must(t, s.GetW(t.Context(), "/w")).Event
		flight := s.get("/flight")
		synctest.Wait()
		close(cut)
		nextState(t, changes, zkasync.StateSuspended)
		waits := s.get("/waits")
		synctest.Wait()
		close(reject)
		change := nextState(t, changes, zkasync.StateAuthFailed)
		if !errors.Is(change.Err, zkasync.ErrAuthFailed) {
			t.Errorf("change %+v, want one that says why", change)
		}
		wantLoss(t, "in flight", flight, zkasync.ErrOutcomeUnknown)
		fails(t, waits, zkasync.ErrAuthFailed, zkasync.ErrNotSent)
		fails(t, event, zkasync.ErrAuthFailed)
		wantAuthFailed(t, s)
	})
}

// A bad scheme is added on a live connection, with operations before and after it.
func TestCredentials_BadScheme(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := connectScripted(t, refusesAuth)
		a := s.get("/a")
		auth := counted(s, s.AddAuth(t.Context(), "nosuch", []byte("x")))
		wantNode(t, a, "/a")
		fails(t, auth, zkasync.ErrAuthFailed)
		wantAuthFailed(t, s)
	})
}

// The first credentials are not accepted. The start fails and says why.
func TestCredentials_BadCredentialsAtStart(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newScripted(t, []zkasync.Option{zkasync.WithAuth("nosuch", []byte("x"))}, refusesAuth)
		started := counted(s, s.StartAsync())
		fails(t, started, zkasync.ErrAuthFailed)
		wantAuthFailed(t, s)
		if err := s.Restart(testContext(t)); !errors.Is(err, zkasync.ErrAuthFailed) {
			t.Errorf("restart: %v, want %v", err, zkasync.ErrAuthFailed)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		fails(t, s.Get(t.Context(), "/"), zkasync.ErrClosed, zkasync.ErrNotSent)
	})
}

// The server ends the connection instead of answering the credentials. That is a loss like any other, so the client tries again.
func TestCredentials_ConnectionLostWhileAuthenticating(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		hangsUp := func(c *zkpeer.Conn) {
			c.Accept()
			c.Next()
		}
		s := newScripted(t, []zkasync.Option{zkasync.WithAuth("digest", []byte("u:p"))}, hangsUp, hangsUp, zkpeer.Healthy)
		must(t, s.StartAsync())
		wantNode(t, s.get("/a"), "/a")
	})
}
