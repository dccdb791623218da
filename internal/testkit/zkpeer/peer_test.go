package zkpeer_test

import (
	"context"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// session opens a session of go-zookeeper with p, and ends it when the test ends.
func session(t *testing.T, p *zkpeer.Peer) *zk.Conn {
	t.Helper()
	dial := func(network, address string, timeout time.Duration) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		return p.Dial(ctx, network, address)
	}
	conn, events, err := zk.Connect([]string{"127.0.0.1:1"}, 4*time.Second, zk.WithDialer(dial), zk.WithLogInfo(false))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		for range events { // closed when its goroutines have ended
		}
	})
	return conn
}

func TestPeer_HealthyServesGoZookeeper(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(testing.TB, ...zkpeer.Script) *zkpeer.Peer{
		"tcp": zkpeer.Listen, "pipes": zkpeer.Pipes,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := session(t, open(t))
			data, st, err := conn.Get("/a/b")
			if err != nil || string(data) != "/a/b" || st.DataLength != 4 {
				t.Errorf("get: %q %+v %v", data, st, err)
			}
			names, _, err := conn.Children("/a")
			if err != nil || len(names) != 1 || names[0] != "/a" {
				t.Errorf("children: %q %v", names, err)
			}
			if path, err := conn.Create("/c", nil, 0, zk.WorldACL(zk.PermAll)); err != nil || path != "/c" {
				t.Errorf("create: %q %v", path, err)
			}
			if ok, _, err := conn.Exists("/c"); err != nil || !ok {
				t.Errorf("exists: %v %v", ok, err)
			}
			if acl, _, err := conn.GetACL("/c"); err != nil || len(acl) != 1 {
				t.Errorf("get acl: %v %v", acl, err)
			}
		})
	}
}

func TestPeer_ServeLetsTheScriptAnswer(t *testing.T) {
	t.Parallel()
	p := zkpeer.Pipes(t, func(c *zkpeer.Conn) {
		c.Accept()
		c.Serve(func(r zkpeer.Request) bool {
			if r.Path == "/none" {
				c.Event(wire.WatchEvent{Type: 2, State: 3, Path: "/none"})
				return c.Refuse(r, -101)
			}
			return false
		})
	})
	conn := session(t, p)
	if _, _, err := conn.Get("/none"); err != zk.ErrNoNode {
		t.Errorf("get of /none: %v, want %v", err, zk.ErrNoNode)
	}
	if data, _, err := conn.Get("/some"); err != nil || string(data) != "/some" {
		t.Errorf("get of /some: %q %v", data, err)
	}
}

func TestPeer_EachConnectionHasItsScript(t *testing.T) {
	t.Parallel()
	script := func(name string) zkpeer.Script {
		return func(c *zkpeer.Conn) { c.Send([]byte(name)) }
	}
	p := zkpeer.Pipes(t, script("one"), script("two"))
	for i, want := range []string{"one", "two", "two"} {
		sock, err := p.Dial(t.Context(), "tcp", p.Addr())
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(sock)
		if err != nil || string(got) != want {
			t.Errorf("connection %d: %q %v, want %q", i, got, err, want)
		}
		_ = sock.Close()
	}
	if n := p.Accepted(); n != 3 {
		t.Errorf("%d connections, want 3", n)
	}
}

func TestPeer_CloseEndsEveryScript(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := zkpeer.Pipes(t, (*zkpeer.Conn).Hold, (*zkpeer.Conn).Drain, zkpeer.Healthy)
		var socks []net.Conn
		for range 3 {
			sock, err := p.Dial(t.Context(), "tcp", p.Addr())
			if err != nil {
				t.Fatal(err)
			}
			socks = append(socks, sock)
		}
		synctest.Wait()
		p.Close() // returns when the scripts have; if one had not, the bubble would deadlock
		for i, sock := range socks {
			if _, err := sock.Read(make([]byte, 1)); err != io.EOF {
				t.Errorf("connection %d: %v, want EOF", i, err)
			}
		}
		if _, err := p.Dial(t.Context(), "tcp", p.Addr()); err == nil {
			t.Error("dialled a closed peer")
		}
	})
}

func TestConn_IsQuietAfterItsEnd(t *testing.T) {
	t.Parallel()
	done := make(chan []bool, 1)
	p := zkpeer.Pipes(t, func(c *zkpeer.Conn) {
		_, next := c.Next()
		done <- []bool{next, c.Send([]byte("x")), c.Accept(), c.ReadConnect()}
	})
	sock, err := p.Dial(t.Context(), "tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	_ = sock.Close()
	for i, ok := range <-done {
		if ok {
			t.Errorf("call %d on an ended connection reports success", i)
		}
	}
}
