package zkasync_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
)

// answersAheadUnknown returns a script of ZooKeeper 3.5. It answers an operation that it does not know before those that it is still
// processing, of which there are held here. If these are fast, it answers them before it closes the connection.
func answersAheadUnknown(held int, fast bool, ops ...wire.OpCode) zkpeer.Script {
	return func(c *zkpeer.Conn) {
		var waiting []zkpeer.Request
		unknown := make(map[wire.OpCode]bool)
		for _, op := range ops {
			unknown[op] = true
		}
		c.Accept()
		c.Serve(func(r zkpeer.Request) bool {
			switch {
			case unknown[r.Op]:
				c.Refuse(r, codeUnimplemented)
				for _, w := range waiting {
					if fast {
						c.Answer(w)
					}
				}
				c.Cut()
			case len(waiting) < held:
				waiting = append(waiting, r)
			default:
				return false
			}
			return true
		})
	}
}

// The first AddWatch is alone in flight. So when the server ends the connection at it, no other operation fails, sent before it or
// waiting after it.
func TestAddWatch_UnknownHarmsNobodyElse(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := connectScripted(t, answersAheadUnknown(0, false, wire.OpAddWatch), answersAheadUnknown(0, false, wire.OpAddWatch))
		a, b := c.get("/a"), c.get("/b")
		added := c.AddWatch(t.Context(), "/a", zkasync.Persistent)
		second := c.AddWatch(t.Context(), "/b", zkasync.Persistent)
		behind, written := c.get("/c"), c.Set(t.Context(), "/d", nil, zkasync.AnyVersion)
		wantNode(t, a, "/a")
		wantNode(t, b, "/b")
		fails(t, added, zkasync.ErrUnimplemented)
		fails(t, second, zkasync.ErrUnimplemented)
		wantNode(t, behind, "/c")
		must(t, written)
		for range 3 {
			fails(t, c.AddWatch(t.Context(), "/a", zkasync.Persistent), zkasync.ErrUnimplemented, zkasync.ErrNotSent)
		}
		if n := c.peer.Accepted(); n != 2 {
			t.Errorf("%d connections, want 2: an unknown operation costs one", n)
		}
	})
}

// Several requests restore the watches of a client that connects to such a server, which does not know the last of them.
func TestWatchRestore_AnsweredAheadOfItsTurn(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := newScripted(t, []zkasync.Option{zkasync.WithMaxRequestSize(1024)},
			func(c *zkpeer.Conn) {
				c.Accept()
				c.Serve(func(r zkpeer.Request) bool {
					if r.Op == wire.OpSync {
						c.Cut()
					}
					return r.Op == wire.OpSync
				})
			},
			answersAheadUnknown(1, false, wire.OpSetWatches2),
			answersAheadUnknown(0, false, wire.OpSetWatches2))
		if err := c.Start(testContext(t)); err != nil {
			t.Fatal(err)
		}
		s := must(t, c.AddWatch(t.Context(), "/a", zkasync.Persistent))
		for i := range 40 {
			must(t, c.GetW(t.Context(), "/a-watched-znode-with-a-long-name-"+string(rune('A'+i))))
		}
		fails(t, c.Sync(t.Context(), "/"), zkasync.ErrConnectionLoss)
		<-s.Done()
		wantErr(t, s.Err(), zkasync.ErrUnimplemented)
		wantNode(t, c.get("/a"), "/a")
		if n := c.peer.Accepted(); n != 3 {
			t.Errorf("%d connections, want 3", n)
		}
	})
}

// namedConn is a connection to a server of an ensemble.
type namedConn struct {
	net.Conn
	server string
}

func (c namedConn) RemoteAddr() net.Addr { return c }
func (c namedConn) Network() string      { return "test" }
func (c namedConn) String() string       { return c.server }

// Ensembles are upgraded one server at a time. A request that one server does not know, another may know, and later the same one.
func TestAddWatch_UpgradedServers(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		cuts := func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool {
				if r.Op == wire.OpSync {
					c.Cut()
				}
				return r.Op == wire.OpSync
			})
		}
		peer := zkpeer.Pipes(t, answersAheadUnknown(0, false, wire.OpAddWatch), cuts, cuts, cuts, cuts)
		var server atomic.Value
		server.Store("old.test:2181")
		c, err := zkasync.New("peers.test", zkasync.WithSessionTimeout(bubbleSession),
			zkasync.WithDialer(func(ctx context.Context, network, address string) (net.Conn, error) {
				sock, err := peer.Dial(ctx, network, address)
				return namedConn{sock, server.Load().(string)}, err
			}))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		if err := c.Start(testContext(t)); err != nil {
			t.Fatal(err)
		}
		add := func() error {
			s, err := c.AddWatch(t.Context(), "/a", zkasync.Persistent).Get(testContext(t))
			if err == nil {
				s.Close()
			}
			return err
		}
		loseIt := func() {
			fails(t, c.Sync(t.Context(), "/"), zkasync.ErrConnectionLoss)
			synctest.Wait() // what is submitted from now on waits for the next connection
		}
		wantErr(t, add(), zkasync.ErrUnimplemented)
		synctest.Wait() // the server has closed the connection
		wantErr(t, add(), zkasync.ErrUnimplemented)
		server.Store("new.test:2181")
		loseIt()
		if err := add(); err != nil {
			t.Errorf("on a server that knows it: %v", err)
		}
		server.Store("old.test:2181")
		loseIt()
		wantErr(t, add(), zkasync.ErrUnimplemented)
		time.Sleep(time.Hour)
		if err := add(); err != nil {
			t.Errorf("an hour later: %v", err)
		}
	})
}
