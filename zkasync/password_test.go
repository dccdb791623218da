package zkasync_test

import (
	"testing"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
)

// badPasswords are the lengths of passwords that no server sends. From 225 on, go-zookeeper's connect request would not fit into its
// buffer, on this connection and all later ones.
var badPasswords = map[string]int{"none": 0, "a byte too long": 17, "too long for go-zookeeper": 225, "very long": 900}

// grants returns a script of a server that grants a session with a password of n bytes, and then ends the connection.
func grants(n int) zkpeer.Script {
	return func(c *zkpeer.Conn) {
		if !c.ReadConnect() {
			return
		}
		c.AcceptWith(wire.ConnectResponse{Timeout: c.Connect.Timeout, SessionID: 0xbad, Password: make([]byte, n)})
	}
}

// The client does not accept a session with a password of an impossible length. It tries the next server, and does not offer that
// session there.
func TestHandshake_PasswordOfAnotherLength(t *testing.T) {
	t.Parallel()
	for name, n := range badPasswords {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := connectScripted(t, grants(n), zkpeer.Healthy)
				wantNode(t, s.get("/a"), "/a")
				if id := s.Session().ID; id == 0xbad {
					t.Errorf("session %#x is that of the first server", id)
				}
			})
		})
	}
}

// The same after a session was established: the session is kept.
func TestHandshake_PasswordOfAnotherLengthAtAReconnect(t *testing.T) {
	t.Parallel()
	for name, n := range badPasswords {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				cut := make(chan struct{})
				s := connectScripted(t, func(c *zkpeer.Conn) {
					c.Accept()
					<-cut
				}, grants(n), zkpeer.Healthy)
				id, changes := s.Session().ID, s.States(t.Context())
				close(cut)
				nextState(t, changes, zkasync.StateSuspended)
				if now := nextState(t, changes, zkasync.StateConnected); now.SessionID != id {
					t.Errorf("session %#x, want that of before, %#x", now.SessionID, id)
				}
				wantNode(t, s.get("/a"), "/a")
			})
		})
	}
}
