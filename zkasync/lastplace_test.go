package zkasync_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// valve dials directly, unless it is shut. Shutting it cuts open connections.
type valve struct {
	mu   sync.Mutex
	shut bool
	open []net.Conn
	no   int // how many dials were refused
}

func (v *valve) dial(ctx context.Context, network, address string) (net.Conn, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.shut {
		v.no++
		return nil, errors.New("shut")
	}
	c, err := new(net.Dialer).DialContext(ctx, network, address)
	if err == nil {
		v.open = append(v.open, c)
	}
	return c, err
}

// refusals counts the dials that were refused.
func (v *valve) refusals() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.no
}

func (v *valve) set(shut bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.shut = shut
	if shut {
		for _, c := range v.open {
			c.Close()
		}
		v.open = nil
	}
}

// The server takes no more connections from this host, for so long that the session has ended. When a place becomes free, it is
// used for a session, not for asking whether the server was wiped.
func TestConnectionLimit_TheLastPlace(t *testing.T) {
	t.Parallel()
	srv := check.Process(t, "the refused connections are counted in its log", zkserver.WithConfig("maxClientCnxns", "4"))
	for range 3 {
		connect(t, srv.Addr())
	}
	refused := func() int {
		log, err := os.ReadFile(srv.LogFile())
		mustDo(t, err)
		return bytes.Count(log, []byte("Too many connections"))
	}
	var v valve
	c := connect(t, srv.Addr(), zkasync.WithSessionTimeout(shortSession), zkasync.WithDialer(v.dial))
	v.set(true)
	poll(t, "suspended", func() bool { return c.State() == zkasync.StateSuspended })
	var held net.Conn
	poll(t, "the last place is taken", func() bool { // when the server has noticed that it is free
		sock, err := net.Dial("tcp", srv.Addr())
		mustDo(t, err)
		mustDo(t, sock.SetReadDeadline(time.Now().Add(200*time.Millisecond)))
		if _, err := sock.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
			held = sock
			return true
		}
		sock.Close()
		return false
	})
	v.set(false)
	poll(t, "lost", func() bool { return c.State() == zkasync.StateLost })
	// A session timeout later, the client begins to suspect that the server was wiped.
	begun, since := refused(), time.Now()
	poll(t, "many refusals", func() bool { return refused() > begun+5 && time.Since(since) > 2*shortSession })
	before := refused()
	held.Close()
	poll(t, "connected", c.Connected)
	// A busy server may notice late that a place is free. If the client asked whether it was wiped, every attempt would be refused.
	if n := refused() - before; n > 3 {
		t.Errorf("the place was free, and still %d connections were refused", n)
	}
}

// sessions counts the sessions that a server knows.
func sessions(t testing.TB, s check.Server) string {
	t.Helper()
	stats, err := s.FourLetter(testContext(t), "mntr")
	mustDo(t, err)
	_, rest, _ := strings.Cut(stats, "zk_global_sessions\t")
	n, _, _ := strings.Cut(rest, "\n")
	return n
}

// A server answers handshakes only after the client has given them up. They leave no session there, since the client has also sent
// the request that ends it.
func TestConnectionLimit_NoSessionIsLeftByAttempts(t *testing.T) {
	zkserver.Needs(t, "3.6", "the number of sessions in mntr")
	t.Parallel()
	srv := check.Run(t)
	mustDo(t, srv.Freeze())
	for range 5 {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		_, err := zkasync.Connect(ctx, srv.Addr(), zkasync.WithConnectTimeout(100*time.Millisecond))
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no answer within") {
			t.Errorf("start: %v", err)
		}
	}
	mustDo(t, srv.Continue())
	c := connect(t, srv.Addr()) // after the handshakes that were given up
	must(t, c.Exists(t.Context(), "/"))
	start := time.Now()
	poll(t, "one session", func() bool { return sessions(t, srv) == "1" })
	if took := time.Since(start); took > zkasync.DefaultSessionTimeout/2 {
		t.Errorf("the sessions ended by their timeout, after %v", took)
	}
}
