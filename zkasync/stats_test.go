package zkasync_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

func TestStats_CountsWhatWasDone(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t)
	c, err := zkasync.New(srv.Addr(), srv.Options()...)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Stats(); got.Uptime != 0 || got.State != zkasync.StateClosed && got.Connections != 0 {
		t.Errorf("before the start: %+v", got)
	}
	ctx := context.Background()
	if err := c.Start(ctx); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()

	data := make([]byte, 1000)
	for i := range 3 {
		if _, err := c.Create(ctx, fmt.Sprintf("/n%d", i), data).Get(ctx); err != nil {
			t.Fatal(err)
		}
	}
	gets := make([]*future.Future[zkasync.Node], 100)
	for i := range gets {
		gets[i] = c.Get(ctx, "/n0") // some of them travel together
	}
	if _, err := future.All(gets...).Get(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Get(ctx, "/missing").Get(ctx); !errors.Is(err, zk.ErrNoNode) {
		t.Fatal(err)
	}
	if _, err := c.Get(ctx, "no path").Get(ctx); !errors.Is(err, zkasync.ErrNotSent) {
		t.Fatal(err)
	}
	if _, err := c.GetW(ctx, "/n1").Get(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := c.AddWatch(ctx, "/n2", zkasync.Persistent).Get(ctx); err != nil {
		t.Fatal(err)
	}

	got := c.Stats()
	if got.Requests["create"] != 3 || got.Requests["get"] != 102 || got.Requests["add watch"] != 1 {
		t.Errorf("requests: %v", got.Requests)
	}
	if got.Rejected != 1 || got.NotSent != 1 || got.Unknown != 0 {
		t.Errorf("%d rejected, %d not sent, %d unknown; want 1, 1, 0", got.Rejected, got.NotSent, got.Unknown)
	}
	if got.BytesSent < 3*1000 || got.BytesReceived < 100*1000 {
		t.Errorf("%d bytes sent, %d received", got.BytesSent, got.BytesReceived)
	}
	if got.Connections != 1 || got.Reconnects != 0 || got.Losses != 0 || got.Expiries != 0 {
		t.Errorf("connections: %+v", got)
	}
	if got.Watches != 1 || got.Subscriptions != 1 {
		t.Errorf("%d watches, %d subscriptions; want 1 each", got.Watches, got.Subscriptions)
	}
	if got.State != zkasync.StateConnected || got.SessionID != c.Session().ID || got.Server == "" || got.Uptime <= 0 || got.LastZxid == 0 {
		t.Errorf("session: %+v", got)
	}
	if got.Queued != 0 || got.InFlight != 0 {
		t.Errorf("%d queued and %d in flight although everything has been answered", got.Queued, got.InFlight)
	}

	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if after := c.Stats(); after.Requests["get"] != 102 || after.State != zkasync.StateClosed || after.Uptime != 0 || after.Server != "" {
		t.Errorf("after the stop: %+v", after)
	}
	if err := c.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if again := c.Stats(); again.Requests["get"] != 0 || again.Rejected != 0 || again.Connections != 1 {
		t.Errorf("after another start: %+v", again)
	}
}

// A request is pending until it is answered, whether it is queued or in flight.
func TestPending_CountsQueuedAndInFlight(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t)
	ctx := context.Background()
	c, err := zkasync.Connect(ctx, srv.Addr(), append(srv.Options(), zkasync.WithSessionTimeout(time.Minute))...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := c.Create(ctx, "/n", nil).Get(ctx); err != nil {
		t.Fatal(err)
	}

	srv.Freeze()
	const n = 300
	gets := make([]*future.Future[zkasync.Node], n)
	for i := range gets {
		gets[i] = c.Get(ctx, "/n")
		if queued, inFlight := c.Pending(); queued+inFlight != i+1 {
			t.Fatalf("%d queued and %d in flight after %d gets", queued, inFlight, i+1)
		}
	}
	srv.Thaw()
	if _, err := future.All(gets...).Get(ctx); err != nil {
		t.Fatal(err)
	}
	if queued, inFlight := c.Pending(); queued+inFlight != 0 {
		t.Errorf("%d queued and %d in flight although everything has been answered", queued, inFlight)
	}
}
