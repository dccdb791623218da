package zkproxy

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestProxy_PassesFramesOn(t *testing.T) {
	t.Parallel()
	p := Run(t, startEcho(t))
	conn := dial(t, p.Addr())
	exchange(t, conn, "connect")
	exchange(t, conn, "")
	exchange(t, conn, strings.Repeat("large", 1<<20))
	second := dial(t, p.Addr())
	exchange(t, second, "another")
	if p.Conns() != 2 || p.Accepted() != 2 {
		t.Errorf("%d connections of %d, want 2 of 2", p.Conns(), p.Accepted())
	}
	got := p.ConnectRequests()
	if len(got) != 2 || string(got[0]) != "connect" || string(got[1]) != "another" {
		t.Errorf("connect requests %q", got)
	}
}

func TestProxy_PassesOnWhatHasNoFrames(t *testing.T) {
	t.Parallel()
	conn := dial(t, Run(t, startEcho(t)).Addr())
	send(t, conn, []byte("ruok"))
	want(t, conn, []byte("ruok"))
	// From here on nothing is treated as a frame, even if it looks like one.
	send(t, conn, []byte{0, 0, 0, 9, 1})
	want(t, conn, []byte{0, 0, 0, 9, 1})
}

func TestProxy_AnEndInMidFrameEndsBothSides(t *testing.T) {
	t.Parallel()
	p := Run(t, startEcho(t))
	conn := dial(t, p.Addr())
	exchange(t, conn, "connect")
	send(t, conn, []byte{0, 0, 0, 9, 'h', 'a', 'l', 'f'})
	must(t, conn.(*net.TCPConn).CloseWrite())
	wantEnd(t, conn)
	waitFor(t, func() bool { return p.Conns() == 0 })
}

func TestProxy_CutEndsConnectionsAndTakesNewOnes(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		cut  func(*Proxy) int
		want error
	}{
		"Cut":   {(*Proxy).Cut, io.EOF},
		"Reset": {(*Proxy).Reset, syscall.ECONNRESET},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := Run(t, startEcho(t))
			conn := dial(t, p.Addr())
			exchange(t, conn, "connect")
			if n := tt.cut(p); n != 1 {
				t.Errorf("ended %d connections, want 1", n)
			}
			if err := wantEnd(t, conn); !errors.Is(err, tt.want) {
				t.Errorf("the connection ended with %v, want %v", err, tt.want)
			}
			exchange(t, dial(t, p.Addr()), "again")
		})
	}
}

func TestProxy_RefusesAndHangs(t *testing.T) {
	t.Parallel()
	p := Run(t, startEcho(t))
	open := dial(t, p.Addr())
	exchange(t, open, "connect")
	p.Refuse()
	wantRefusal(t, p.Addr())
	p.Hang()
	hanging := dial(t, p.Addr())
	send(t, hanging, frame("hello?"))
	wantNothing(t, hanging)
	exchange(t, open, "undisturbed")
	p.Heal()
	exchange(t, dial(t, p.Addr()), "healed")
	wantNothing(t, hanging)
}

func TestProxy_ServerThatIsDown(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	addr := l.Addr().String()
	l.Close()
	p := Run(t, addr)
	wantRefusal(t, p.Addr())
	p.SetTarget(startEcho(t))
	exchange(t, dial(t, p.Addr()), "up")
}

func TestProxy_CloseEndsEverything(t *testing.T) {
	t.Parallel()
	p, err := Start(startEcho(t))
	must(t, err)
	conn := dial(t, p.Addr())
	exchange(t, conn, "connect")
	p.Hold(ToServer, true)
	p.Drop(ToClient, true)
	p.Hang()
	hanging := dial(t, p.Addr())
	waitFor(t, func() bool { return p.Accepted() == 2 })
	must(t, p.Close())
	must(t, p.Close())
	wantEnd(t, conn)
	wantEnd(t, hanging)
	if p.Conns() != 0 {
		t.Errorf("%d connections after Close", p.Conns())
	}
}

func TestProxy_ConnectRequestsAreCopies(t *testing.T) {
	t.Parallel()
	p := Run(t, startEcho(t))
	exchange(t, dial(t, p.Addr()), "connect")
	p.ConnectRequests()[0][0] = 'X'
	if got := p.ConnectRequests()[0]; !bytes.Equal(got, []byte("connect")) {
		t.Errorf("the record became %q", got)
	}
}

// wantRefusal checks that a connection is reset. The reset may come so early that
// dialling fails.
func wantRefusal(t *testing.T, addr string) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err == nil {
		defer conn.Close()
		wantEnd(t, conn)
	} else if !errors.Is(err, syscall.ECONNRESET) {
		t.Fatalf("dial: %v", err)
	}
}

// waitFor polls until a condition holds.
func waitFor(t *testing.T, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("the condition did not become true in time")
		}
	}
}
