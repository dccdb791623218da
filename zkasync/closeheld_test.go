package zkasync_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/handler"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

func TestClient_CloseNamesWhatHoldsItUp(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	s := zkserver.Shared(t)
	inline := handler.NewInline()
	blocked, err := zkasync.Connect(testContext(t), s.Addr(), zkasync.WithHandler(inline),
		zkasync.WithCloseTimeout(100*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	blocked.Get(t.Context(), "/").OnDone(func(zkasync.Node, error) { <-release })
	var stuck *handler.StuckError
	if err := blocked.Close(); !errors.As(err, &stuck) || stuck.Callback == "" {
		t.Errorf("close with a callback on the receive goroutine: %v, want it to name the callback", err)
	}

	dialing := make(chan struct{})
	dialer, err := zkasync.New(s.Addr(), zkasync.WithCloseTimeout(100*time.Millisecond),
		zkasync.WithDialer(func(context.Context, string, string) (net.Conn, error) {
			close(dialing)
			<-release
			return nil, errors.New("too late")
		}))
	if err != nil {
		t.Fatal(err)
	}
	dialer.StartAsync()
	<-dialing
	if err := dialer.Close(); err == nil {
		t.Error("close with a dialer that does not return: no error")
	}
	close(release)
	poll(t, "the stops end", func() bool {
		return blocked.State() == zkasync.StateClosed && dialer.State() == zkasync.StateClosed
	})
}

// A connection of the user's that does not end is named, and Close returns.
func TestClose_ConnectionThatDoesNotEnd(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t)
	release := make(chan struct{})
	c := unstarted(t, srv.Addr(), zkasync.WithCloseTimeout(100*time.Millisecond),
		zkasync.WithDialer(func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := srv.DialContext(ctx, network, address)
			return hangingConn{conn, release}, err
		}))
	if err := c.Start(testContext(t)); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err == nil || !strings.Contains(err.Error(), "TestClose_ConnectionThatDoesNotEnd") {
		t.Errorf("%v, want an error that names the dialer", err)
	}
	close(release)
	poll(t, "the stop ends", func() bool { return c.State() == zkasync.StateClosed && c.Close() == nil })
}

func TestClient_StopsWhenItsConnIsClosed(t *testing.T) {
	t.Parallel()
	c := connect(t, zkserver.Shared(t).Addr())
	c.Conn().Close()
	poll(t, "closed", func() bool { return c.State() == zkasync.StateClosed })
	fails(t, c.Get(t.Context(), "/"), zkasync.ErrClosed, zkasync.ErrNotSent)
}
