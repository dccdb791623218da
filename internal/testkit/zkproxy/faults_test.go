package zkproxy

import (
	"net"
	"strings"
	"testing"
	"time"
)

func TestFaults_DropLosesBytesAndTheEnd(t *testing.T) {
	t.Parallel()
	for _, d := range []Direction{ToServer, ToClient} {
		t.Run(d.String(), func(t *testing.T) {
			t.Parallel()
			p := Run(t, startEcho(t))
			conn := dial(t, p.Addr())
			exchange(t, conn, "connect")
			p.Drop(d, true)
			send(t, conn, frame("lost"))
			wantNothing(t, conn)
			p.Drop(d, false)
			exchange(t, conn, "found")
		})
	}
}

func TestFaults_DropHidesTheEndOfTheStream(t *testing.T) {
	t.Parallel()
	e := startEcho(t)
	p := Run(t, e)
	conn, other := dial(t, p.Addr()), dial(t, p.Addr())
	exchange(t, conn, "connect")
	exchange(t, other, "connect")
	p.Drop(ToServer, true)
	other.Close() // the proxy reads the end, and the server must not learn of it
	wantNothing(t, conn)
	if p.Conns() != 2 {
		t.Errorf("%d connections, want both", p.Conns())
	}
	p.Heal()
	waitFor(t, func() bool { return p.Conns() == 1 })
}

func TestFaults_HoldKeepsBytesForLater(t *testing.T) {
	t.Parallel()
	for _, d := range []Direction{ToServer, ToClient} {
		t.Run(d.String(), func(t *testing.T) {
			t.Parallel()
			p := Run(t, startEcho(t))
			conn := dial(t, p.Addr())
			exchange(t, conn, "connect")
			p.Hold(d, true)
			send(t, conn, frame("one"))
			send(t, conn, frame("two"))
			wantNothing(t, conn)
			p.Hold(d, false)
			want(t, conn, append(frame("one"), frame("two")...))
		})
	}
}

func TestFaults_DelayKeepsOrderAndThroughput(t *testing.T) {
	t.Parallel()
	p := Run(t, startEcho(t))
	conn := dial(t, p.Addr())
	exchange(t, conn, "connect")
	const delay, n = 50 * time.Millisecond, 100
	p.Delay(ToServer, delay)
	p.Delay(ToClient, delay)
	begin := time.Now()
	for range n {
		send(t, conn, frame("on its way"))
	}
	for range n {
		want(t, conn, frame("on its way"))
	}
	if took := time.Since(begin); took < 2*delay || took > n*delay {
		t.Errorf("%d frames took %v, want about %v", n, took, 2*delay)
	}
	p.Heal()
	exchange(t, conn, "prompt")
}

func TestFaults_ThrottleLimitsTheRate(t *testing.T) {
	t.Parallel()
	p := Run(t, startEcho(t))
	conn := dial(t, p.Addr())
	exchange(t, conn, "connect")
	p.Throttle(ToClient, 100_000)
	begin := time.Now()
	exchange(t, conn, strings.Repeat("x", 20_000))
	if took := time.Since(begin); took < 150*time.Millisecond {
		t.Errorf("20,000 bytes at 100,000 a second took %v", took)
	}
}

func TestFaults_PiecesArriveOneByOne(t *testing.T) {
	t.Parallel()
	p := Run(t, startEcho(t))
	conn := dial(t, p.Addr())
	p.Pieces(ToServer, 1)
	p.Pieces(ToClient, 3)
	exchange(t, conn, strings.Repeat("byte by byte ", 20))

	// The network may join separate writes, so count the writes themselves.
	for d, want := range map[Direction]int{ToServer: 10, ToClient: 4} {
		var w countingConn
		pipe := newPipe(&link{proxy: p, closed: make(chan struct{})}, d, nil, &w)
		if !pipe.deliver(chunk{bytes: []byte("ten bytes!")}) || w.writes != want {
			t.Errorf("%v: ten bytes came in %d writes, want %d", d, w.writes, want)
		}
	}
}

// countingConn counts writes and does nothing else.
type countingConn struct {
	net.Conn
	writes int
}

func (c *countingConn) Write(b []byte) (int, error) {
	c.writes++
	return len(b), nil
}

func TestFaults_CutAfterAtEveryByte(t *testing.T) {
	t.Parallel()
	p := Run(t, startEcho(t))
	reply := frame("reply")
	for n := range len(reply) + 1 {
		conn := dial(t, p.Addr())
		exchange(t, conn, "connect")
		cut := p.CutAfter(ToClient, 1, n)
		exchange(t, conn, "whole")
		// With 0 bytes, the connection is cut at the end of the previous frame.
		if n > 0 {
			send(t, conn, reply)
			want(t, conn, reply[:n])
		}
		wantEnd(t, conn)
		select {
		case <-cut:
		case <-time.After(patience):
			t.Fatal("the channel of CutAfter was not closed")
		}
		exchange(t, dial(t, p.Addr()), "again")
	}
}

func TestFaults_CutAfterNothingEndsTheNextConnection(t *testing.T) {
	t.Parallel()
	p := Run(t, startEcho(t))
	p.CutAfter(ToClient, 0, 0)
	wantEnd(t, dial(t, p.Addr()))
	exchange(t, dial(t, p.Addr()), "again")
}

func TestFaults_HealDisarmsTheCut(t *testing.T) {
	t.Parallel()
	p := Run(t, startEcho(t))
	conn := dial(t, p.Addr())
	first := p.CutAfter(ToServer, 1, 0)
	second := p.CutAfter(ToServer, 1, 0)
	<-first
	p.Heal()
	<-second
	exchange(t, conn, "connect")
	exchange(t, conn, "still there")
}

func TestFaults_RewriteChangesDropsAndWatches(t *testing.T) {
	t.Parallel()
	p := Run(t, startEcho(t))
	var seen []int // written by one pipe, read once its frames are back
	p.Rewrite(ToServer, func(f Frame) []byte {
		seen = append(seen, f.Index)
		switch f.Index {
		case 1:
			return nil
		case 2:
			return append(frame("before"), f.Bytes...)
		}
		return f.Bytes
	})
	conn := dial(t, p.Addr())
	exchange(t, conn, "connect")
	send(t, conn, frame("lost"))
	send(t, conn, frame("kept"))
	want(t, conn, append(frame("before"), frame("kept")...))
	p.Rewrite(ToServer, nil)
	exchange(t, conn, "untouched")
	if len(seen) != 3 || seen[2] != 2 {
		t.Errorf("frames seen: %v", seen)
	}
}

func TestFaults_InjectSendsAForeignFrame(t *testing.T) {
	t.Parallel()
	p := Run(t, startEcho(t))
	conn := dial(t, p.Addr())
	exchange(t, conn, "connect")
	if n := p.Inject(ToClient, frame("from nowhere")); n != 1 {
		t.Errorf("injected into %d connections, want 1", n)
	}
	want(t, conn, frame("from nowhere"))
	if n := p.Inject(ToServer, frame("to the server")); n != 1 {
		t.Errorf("injected into %d connections, want 1", n)
	}
	want(t, conn, frame("to the server"))
	exchange(t, conn, "on")
}
