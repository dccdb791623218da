package zkasync_test

import (
	"context"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
)

// While a client on a read-only server asks whether there is a quorum again, it loses its connection, and the next one is to a
// server that has a quorum. The late answer does not end that one.
func TestReadOnly_ALateAnswerMovesNobody(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cut, late := make(chan struct{}), make(chan struct{})
		p := zkpeer.Pipes(t, func(c *zkpeer.Conn) {
			c.AcceptWith(wire.ConnectResponse{Timeout: 10_000, SessionID: 7, ReadOnly: true})
			go func() { <-cut; c.Cut() }()
			c.Serve(nil)
		}, zkpeer.Healthy)
		var dials atomic.Int32
		dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
			if dials.Add(1) != 2 {
				return p.Dial(ctx, network, addr)
			}
			mine, its := net.Pipe() // for the question
			go func() {
				defer its.Close()
				_, _ = io.ReadFull(its, make([]byte, 4))
				<-late
				_, _ = io.WriteString(its, "rw")
			}()
			return mine, nil
		}
		c := connect(t, "10.0.0.1:2181", zkasync.WithDialer(dial), zkasync.WithReadOnly(true))
		for dials.Load() < 2 {
			time.Sleep(10 * time.Millisecond)
		}
		changes := c.States(t.Context())
		close(cut)
		nextState(t, changes, zkasync.StateSuspended)
		if now := nextState(t, changes, zkasync.StateConnected); now.ReadOnly {
			t.Fatal("read-only still")
		}
		close(late)
		synctest.Wait()
		select {
		case change := <-changes:
			t.Errorf("the state is %v now", change.State)
		default:
		}
	})
}
