package zkasync_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// codeDemand is the server's answer to a client without the credentials that it demands of everybody.
const codeDemand = -124

// wantsDemand checks that a client has given up because the server demands credentials, and says so.
func wantsDemand(t *testing.T, change zkasync.StateChange) {
	t.Helper()
	if !errors.Is(change.Err, zkasync.ErrAuthFailed) || !strings.Contains(change.Err.Error(), "enforce.auth.enabled") ||
		!strings.Contains(change.Err.Error(), strconv.Itoa(codeDemand)) {
		t.Errorf("%+v, want the reason", change)
	}
}

// A server that demands credentials answers the first request with that, and closes the connection.
func TestAuthDemanded_ByTheServer(t *testing.T) {
	t.Parallel()
	zkserver.Needs(t, "3.7", "the enforcement of authentication (ZOOKEEPER-3561)")
	srv := check.Run(t, check.EnforcedAuth("digest"))
	ctx := testContext(t)
	t.Run("a request", func(t *testing.T) {
		c := connect(t, srv.Addr())
		changes := c.States(ctx)
		watch := c.ExistsW(ctx, "/")
		behind := c.Get(ctx, "/")
		if err := fails(t, watch); errors.Is(err, zkasync.ErrConnectionLoss) {
			t.Errorf("%v, want the server's answer", err)
		}
		fails(t, behind)
		wantsDemand(t, nextChange(t, changes))
		fails(t, c.Get(ctx, "/"), zkasync.ErrAuthFailed, zkasync.ErrNotSent)
	})
	t.Run("a heartbeat", func(t *testing.T) {
		c := connect(t, srv.Addr(), zkasync.WithSessionTimeout(time.Second))
		wantsDemand(t, nextState(t, c.States(ctx), zkasync.StateAuthFailed))
	})
	t.Run("a request of Conn", func(t *testing.T) {
		c := connect(t, srv.Addr())
		changes := c.States(ctx)
		if _, _, err := c.Conn().Exists("/"); err == nil {
			t.Error("no error")
		}
		wantsDemand(t, nextChange(t, changes))
	})
	t.Run("met", func(t *testing.T) {
		c := connect(t, srv.Addr(), zkasync.WithAuth("digest", []byte("u:p")))
		must(t, c.Exists(ctx, "/"))
	})
}

// The same when the client reconnects.
func TestAuthDemanded_AtAReconnect(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cut := make(chan struct{})
		p := zkpeer.Pipes(t, cutWhen(cut), func(c *zkpeer.Conn) {
			c.Accept()
			r, _ := c.Next()
			c.Refuse(r, codeDemand)
		})
		c := connect(t, "one.test", zkasync.WithDialer(p.Dial))
		watch := must(t, c.ExistsW(t.Context(), "/a")).Event
		changes := c.States(t.Context())
		close(cut)
		wantsDemand(t, nextState(t, changes, zkasync.StateAuthFailed))
		fails(t, watch, zkasync.ErrAuthFailed)
		time.Sleep(time.Hour)
		if n := p.Accepted(); n != 2 {
			t.Errorf("%d connections", n)
		}
	})
}
