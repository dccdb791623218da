package zkasync_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
)

// A server answers heartbeats but no requests. With a request timeout, the client leaves it for another one. The write in flight
// may have been applied, the read is repeated there with WithRetry, and operations submitted later wait for the new connection.
func TestAnswers_HeartbeatsOnly(t *testing.T) {
	for _, retry := range []bool{false, true} {
		inBubbleNamed(t, map[bool]string{false: "plain", true: "WithRetry"}[retry], func(t *testing.T) {
			const limit = 3 * time.Second
			opts := []zkasync.Option{zkasync.WithRequestTimeout(limit)}
			if retry {
				opts = append(opts, zkasync.WithRetry(zkasync.RetryPolicy{}))
			}
			c := newScripted(t, opts, func(c *zkpeer.Conn) {
				c.Accept()
				c.Serve(func(r zkpeer.Request) bool { return r.Op != wire.OpPing })
			}, zkpeer.Healthy)
			if err := c.Start(testContext(t)); err != nil {
				t.Fatal(err)
			}
			states := c.States(t.Context())
			start := time.Now()
			read, write := c.get("/a"), c.Set(t.Context(), "/a", nil, zkasync.AnyVersion)
			change := nextChange(t, states)
			if took := time.Since(start); change.State != zkasync.StateSuspended || took < limit || took > limit+time.Second {
				t.Errorf("%v after %v, want Suspended soon after %v", change.State, took, limit)
			}
			if !strings.Contains(change.Err.Error(), "no request answered for 3") {
				t.Errorf("error %v, want it to say that no request was answered", change.Err)
			}
			later := c.get("/b")
			wantLoss(t, "the write", write, zkasync.ErrOutcomeUnknown)
			if retry {
				wantNode(t, read, "/a")
			} else {
				wantLoss(t, "the read", read, zkasync.ErrOutcomeUnknown)
			}
			wantNode(t, later, "/b")
			if id := c.Session().ID; id == 0 || c.peer.Accepted() < 2 {
				t.Errorf("session %#x on connection %d, want the same on another", id, c.peer.Accepted())
			}
		})
	}
}

// When no server answers requests, the client gives up what it repeats after a few connections.
func TestAnswers_EveryServerAnswersHeartbeatsOnly(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := newScripted(t, []zkasync.Option{
			zkasync.WithRequestTimeout(time.Second),
			zkasync.WithRetry(zkasync.RetryPolicy{}),
			zkasync.WithCloseTimeout(time.Second),
		}, func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool { return r.Op != wire.OpPing && r.Op != wire.OpClose })
		})
		if err := c.Start(testContext(t)); err != nil {
			t.Fatal(err)
		}
		_, err := c.get("/a").Get(testContext(t))
		var up *zkasync.GivenUpError
		if !errors.As(err, &up) || !errors.Is(err, zkasync.ErrOutcomeUnknown) {
			t.Errorf("error %v, want a GivenUpError, outcome unknown", err)
		}
	})
}

// inBubbleNamed is like inBubble, for one of several cases.
func inBubbleNamed(t *testing.T, name string, test func(t *testing.T)) {
	t.Run(name, func(t *testing.T) { inBubble(t, test) })
}
