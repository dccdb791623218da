package zkasync_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
)

// badHandshakes are the ways in which a server spoils a handshake. The connect timeout of these tests is a second.
var badHandshakes = map[string]struct {
	script zkpeer.Script
	costs  time.Duration
}{
	"the request is not read": {(*zkpeer.Conn).Hold, time.Second},
	"no response":             {(*zkpeer.Conn).Drain, time.Second},
	"a length and no body":    {sends([]byte{0, 0, 0, 37}), time.Second},
	"half a response":         {sends(zkpeer.Frame(make([]byte, 37))[:20]), time.Second},
	"nothing":                 {func(*zkpeer.Conn) {}, 0},
	"short":                   {sends(zkpeer.Frame(make([]byte, 10))), 0},
	"empty":                   {sends(make([]byte, 4)), 0},
	"a huge length":           {sends(zkpeer.LyingFrame(0xffffffff, make([]byte, 100))), 0},
	"HTTP":                    {sends([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")), 0},
	"garbage":                 {sends(bytes.Repeat([]byte{0, 0, 0, 0x55, 0xaa}, 100)), 0},
	"no time for the session": {func(c *zkpeer.Conn) { c.AcceptWith(wire.ConnectResponse{SessionID: 1}); c.Drain() }, 0},
}

// sends returns a script of a server that answers the connect request with b and goes on reading.
func sends(b []byte) zkpeer.Script {
	return func(c *zkpeer.Conn) {
		c.ReadConnect()
		c.Send(b)
		c.Drain()
	}
}

// The first server spoils the handshake, and the client tries the next one in bounded time.
func TestHandshake_FirstHandshake(t *testing.T) {
	t.Parallel()
	for name, bad := range badHandshakes {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newScripted(t, nil, bad.script, zkpeer.Healthy)
				start := time.Now()
				must(t, s.StartAsync())
				if took := time.Since(start); took != bad.costs {
					t.Errorf("took %v, want %v", took, bad.costs)
				}
				wantNode(t, s.get("/a"), "/a")
			})
		})
	}
}

// The same after a session was established: the session is kept, and waiting operations are sent.
func TestHandshake_HandshakeOfReconnect(t *testing.T) {
	t.Parallel()
	for name, bad := range badHandshakes {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				cut := make(chan struct{})
				s := connectScripted(t, func(c *zkpeer.Conn) {
					c.Accept()
					<-cut
				}, bad.script, zkpeer.Healthy)
				id, changes := s.Session().ID, s.States(t.Context())
				close(cut)
				start := time.Now()
				nextState(t, changes, zkasync.StateSuspended)
				waits := s.get("/waits")
				if now := nextState(t, changes, zkasync.StateConnected); now.SessionID != id {
					t.Errorf("session %#x, want that of before, %#x", now.SessionID, id)
				}
				if took := time.Since(start); took > bubbleSession/3+time.Second {
					t.Errorf("took %v", took)
				}
				wantNode(t, waits, "/waits")
			})
		})
	}
}

// Close at each stage of a connection.
func TestHandshake_Close(t *testing.T) {
	t.Parallel()
	ignores := func(c *zkpeer.Conn) {
		c.Accept()
		c.Serve(func(r zkpeer.Request) bool { return r.Op == wire.OpClose })
	}
	accepts := func(then zkpeer.Script) zkpeer.Script {
		return func(c *zkpeer.Conn) { c.Accept(); then(c) }
	}
	for name, script := range map[string]zkpeer.Script{
		"connections end at once":                 func(*zkpeer.Conn) {},
		"the connect request is not read":         (*zkpeer.Conn).Hold,
		"the connect request is not answered":     (*zkpeer.Conn).Drain,
		"the connect response has no body":        sends([]byte{0, 0, 0, 37}),
		"the session is always expired":           func(c *zkpeer.Conn) { c.AcceptWith(wire.ConnectResponse{}) },
		"the connection ends after the handshake": accepts(func(*zkpeer.Conn) {}),
		"requests are not read":                   accepts((*zkpeer.Conn).Hold),
		"requests are not answered":               accepts((*zkpeer.Conn).Drain),
		"the close is not answered":               ignores,
		"the close ends the connection": accepts(func(c *zkpeer.Conn) {
			c.Serve(func(r zkpeer.Request) bool {
				if r.Op == wire.OpClose {
					c.Cut()
				}
				return r.Op == wire.OpClose
			})
		}),
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newScripted(t, nil, script)
				started := s.StartAsync()
				started.OnDone(func(future.Void, error) {})
				for range 3 {
					s.get("/a")
				}
				synctest.Wait()
				s.get("/late")
				// The end of the test closes the client, and checks the time and the callbacks.
			})
		})
	}
}

// There is no connection, and there never was one.
func TestHandshake_CloseNeverConnected(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	dials := map[string]func(context.Context, string, string) (net.Conn, error){
		"refused":    func(context.Context, string, string) (net.Conn, error) { return nil, refused },
		"unroutable": func(ctx context.Context, _, _ string) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() },
	}
	for name, dial := range dials {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newScripted(t, []zkasync.Option{zkasync.WithDialer(dial)})
				started := s.StartAsync()
				waits := s.get("/a")
				time.Sleep(time.Minute)
				start := time.Now()
				if err := s.Close(); err != nil {
					t.Error(err)
				}
				if took := time.Since(start); took > closeLimit {
					t.Errorf("close took %v", took)
				}
				fails(t, started, zkasync.ErrClosed)
				fails(t, waits, zkasync.ErrClosed, zkasync.ErrNotSent)
				if state := s.State(); state != zkasync.StateClosed {
					t.Errorf("state %v", state)
				}
			})
		})
	}
}

func TestHandshake_CloseNeverStarted(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newScripted(t, nil)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		fails(t, s.get("/a"), zkasync.ErrClosed, zkasync.ErrNotSent)
	})
}
