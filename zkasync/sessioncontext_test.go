package zkasync_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
)

// wantEnd waits for the end of a context and checks its cause.
func wantEnd(t *testing.T, ctx context.Context, state zkasync.State, is error) {
	t.Helper()
	within(t, wait, "the end of the context", func() { <-ctx.Done() })
	var end *zkasync.SessionEndError
	if err := context.Cause(ctx); !errors.As(err, &end) || end.State != state || is != nil && !errors.Is(err, is) {
		t.Errorf("cause %v, want %v by %v", err, is, state)
	}
}

func TestSessionContext_EndsWithTheSession(t *testing.T) {
	t.Parallel()
	c, _, p := proxied(t, zkasync.WithSessionTimeout(shortSession))
	session, cancelSession := c.SessionContext(t.Context())
	defer cancelSession()
	connected, cancelConnected := c.ConnectedContext(t.Context())
	defer cancelConnected()
	suspend(t, c, p)
	wantEnd(t, connected, zkasync.StateSuspended, zkasync.ErrConnectionLoss)
	if session.Err() != nil {
		t.Error("the context has ended with the connection")
	}
	late, cancelLate := c.ConnectedContext(t.Context())
	defer cancelLate()
	wantEnd(t, late, zkasync.StateSuspended, nil)
	resume(t, p)
	must(t, c.Sync(testContext(t), "/"))
	if session.Err() != nil {
		t.Error("the context has ended although the session came back")
	}
	p.Drop(zkproxy.ToClient, true)
	p.Drop(zkproxy.ToServer, true)
	wantEnd(t, session, zkasync.StateLost, nil)
	after, cancelAfter := c.SessionContext(t.Context())
	defer cancelAfter()
	wantEnd(t, after, zkasync.StateLost, nil)
}

// A callback that does not return, or a reader that is held up, does not delay the end of the context.
func TestSessionContext_IsNotHeldUp(t *testing.T) {
	t.Parallel()
	c, _, p := proxied(t, zkasync.WithSessionTimeout(shortSession))
	session, cancel := c.SessionContext(t.Context())
	defer cancel()
	hold := make(chan struct{})
	defer close(hold)
	c.Exists(t.Context(), "/").OnDone(func(*zk.Stat, error) { <-hold })
	p.Drop(zkproxy.ToClient, true)
	wantEnd(t, session, zkasync.StateLost, nil)
}

// The context ends before the session: when the state is Closed, somebody else may have what the session's znodes stood for.
func TestSessionContext_EndsBeforeCloseEndsTheSession(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		over := make(chan struct{})
		var session context.Context
		c := connectScripted(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool {
				if r.Op == wire.OpClose {
					if session.Err() == nil {
						t.Error("the session is about to end, but its context has not ended")
					}
					close(over)
				}
				return false
			})
		})
		var cancel context.CancelFunc
		session, cancel = c.SessionContext(t.Context())
		defer cancel()
		closed := c.StopAsync()
		wantEnd(t, session, zkasync.StateClosed, zkasync.ErrClosed)
		<-over
		outcome(t, closed)
		late, cancelLate := c.SessionContext(t.Context())
		defer cancelLate()
		wantEnd(t, late, zkasync.StateClosed, zkasync.ErrClosed)
	})
}

// The context also ends with its parent, and with its cancel function.
func TestSessionContext_EndsWithItsParent(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := connectScripted(t, zkpeer.Healthy)
		parent, cancelParent := context.WithTimeout(t.Context(), time.Second)
		defer cancelParent()
		child, cancelChild := c.SessionContext(parent)
		defer cancelChild()
		own, cancelOwn := c.ConnectedContext(context.Background())
		cancelOwn()
		if !errors.Is(context.Cause(own), context.Canceled) {
			t.Errorf("cause %v", context.Cause(own))
		}
		<-child.Done()
		if err := context.Cause(child); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("cause %v", err)
		}
	})
}

func TestSessionContext_BeforeTheStart(t *testing.T) {
	t.Parallel()
	c, err := zkasync.New("none.test")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := c.SessionContext(t.Context())
	defer cancel()
	wantEnd(t, ctx, zkasync.StateClosed, zkasync.ErrClosed)
}
