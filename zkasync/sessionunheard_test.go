package zkasync_test

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// mutable is a connection that can be muted: then nothing reaches the server any more, and the client does not notice when the server
// closes the connection. What the server has sent still arrives.
type mutable struct {
	net.Conn
	mute   *atomic.Bool
	close  sync.Once
	closed chan struct{}
}

func (m *mutable) Write(b []byte) (int, error) {
	if m.mute.Load() {
		return len(b), nil
	}
	return m.Conn.Write(b)
}

func (m *mutable) Read(b []byte) (int, error) {
	n, err := m.Conn.Read(b)
	if err != nil && m.mute.Load() {
		<-m.closed
	}
	return n, err
}

func (m *mutable) Close() error {
	m.close.Do(func() { close(m.closed) })
	return m.Conn.Close()
}

// The server does not hear the client any more, but the client still hears the server: events, or late answers before the connection
// breaks. Contexts end before the server ends the session, whenever this begins.
func TestSessionContext_EndsWhenTheServerHearsNothing(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]time.Duration{"events": 0, "late answers": 1300 * time.Millisecond} {
		for begins := time.Duration(0); begins < unheardSession/3; begins += 200 * time.Millisecond {
			synctest.Test(t, func(t *testing.T) { unheard(t, name, late, begins) })
		}
	}
}

const unheardSession = 4 * time.Second

func unheard(t *testing.T, name string, late, begins time.Duration) {
	srv := zktest.Run(t, zktest.WithTick(10*time.Millisecond), zktest.WithSessionTimeouts(unheardSession, unheardSession))
	var mute atomic.Bool
	var latest atomic.Pointer[mutable]
	c, err := zkasync.Connect(t.Context(), srv.Addr(), zkasync.WithSessionTimeout(unheardSession),
		zkasync.WithDialer(func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := srv.DialContext(ctx, network, addr)
			m := &mutable{Conn: conn, mute: &mute, closed: make(chan struct{})}
			latest.Store(m)
			return m, err
		}))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { mute.Store(false); _ = c.Close() }()
	must(t, c.Create(t.Context(), "/own", nil, zkasync.Ephemeral()))
	must(t, c.AddWatch(t.Context(), "/", zkasync.Persistent))
	time.Sleep(begins)
	session, endSession := c.SessionContext(t.Context())
	defer endSession()
	connected, endConnected := c.ConnectedContext(t.Context())
	defer endConnected()
	if session.Err() != nil || connected.Err() != nil {
		t.Fatalf("%s: %v, %v", name, context.Cause(session), context.Cause(connected))
	}
	srv.SlowDown(late)
	now := time.Now()
	if _, err := srv.WaitFor(t.Context(), func(r zktest.Request) bool { return r.Op == zktest.OpPing && r.Time.After(now) }); err != nil {
		t.Fatal(err)
	}
	mute.Store(true)
	if late > 0 {
		srv.Refuse(true)
		time.AfterFunc(late+100*time.Millisecond, func() { _ = latest.Load().Close() })
	}
	for _, _, err := srv.Get("/own"); err == nil; _, _, err = srv.Get("/own") {
		if late == 0 {
			if err := srv.Put("/", nil); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	srv.Refuse(false)
	if session.Err() == nil || connected.Err() == nil {
		t.Errorf("%s, after %v: the session has ended at the server, but a context has not: %v, %v", name, begins, session.Err(), connected.Err())
	}
}
