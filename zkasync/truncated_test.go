package zkasync_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
)

// reply returns the whole frame with which a healthy server answers r.
func reply(r zkpeer.Request) []byte { return zkpeer.ReplyFrame(r.Xid, 1<<32, 0, zkpeer.Body(r)) }

// replyLen is the length of the reply to a get of a path of two bytes.
var replyLen = len(reply(zkpeer.Request{Op: wire.OpGetData, Path: "/a"}))

// The connection ends in the middle of a reply, at each of its bytes.
func TestTruncated_ReplyTruncated(t *testing.T) {
	t.Parallel()
	for at := range replyLen {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := connectScripted(t, func(c *zkpeer.Conn) {
					c.Accept()
					rs := takes(c, 4)
					c.Send(reply(rs[0]))
					c.Send(reply(rs[1])[:at])
				}, zkpeer.Healthy)
				a, b, c := s.get("/a"), s.get("/b"), s.get("/c")
				d := counted(s, s.Set(t.Context(), "/d", nil, 0))
				wantNode(t, a, "/a")
				wantLoss(t, "b", b, zkasync.ErrOutcomeUnknown)
				wantLoss(t, "c", c, zkasync.ErrOutcomeUnknown)
				wantLoss(t, "d", d, zkasync.ErrOutcomeUnknown)
				wantNode(t, s.get("/e"), "/e")
			})
		})
	}
}

// The same with a request of go-zookeeper: it must neither hang nor end the client.
func TestTruncated_ReplyToGoZookeeperTruncated(t *testing.T) {
	t.Parallel()
	for at := range replyLen {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := connectScripted(t, func(c *zkpeer.Conn) {
					c.Accept()
					rs := takes(c, 3)
					c.Send(reply(rs[0]))
					c.Send(reply(rs[1])[:at])
				}, zkpeer.Healthy)
				a := s.get("/a")
				theirs := make(chan error, 1)
				go func() {
					_, _, err := s.Conn().Get("/b")
					theirs <- err
				}()
				synctest.Wait()
				c := s.get("/c")
				wantNode(t, a, "/a")
				if err := <-theirs; err != zk.ErrConnectionClosed {
					t.Errorf("go-zookeeper's get: %v, want %v", err, zk.ErrConnectionClosed)
				}
				wantLoss(t, "c", c, zkasync.ErrOutcomeUnknown)
				wantNode(t, s.get("/e"), "/e")
			})
		})
	}
}

// The same with the connect response: the next server establishes the session at once.
func TestTruncated_ConnectResponseTruncated(t *testing.T) {
	t.Parallel()
	whole := zkpeer.Frame(wire.AppendConnectResponse(nil, &wire.ConnectResponse{
		Timeout: 6000, SessionID: 1, Password: make([]byte, 16)}))
	for at := range whole {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := connectScripted(t, func(c *zkpeer.Conn) {
					c.ReadConnect()
					c.Send(whole[:at])
				}, zkpeer.Healthy)
				wantNode(t, s.get("/a"), "/a")
			})
		})
	}
}
