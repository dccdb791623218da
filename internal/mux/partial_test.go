package mux

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"sort"
	"testing"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// batch returns frames of ordinary requests with a ping and an auth request among them, where each frame ends, and its xid: 0
// for an ordinary one.
func batch() (buf []byte, ends []int, xids []int32) {
	add := func(xid int32, op wire.OpCode, size int) {
		b, start := wire.BeginFrame(buf)
		b = wire.AppendRequestHeader(b, xid, op)
		buf = wire.EndFrame(append(b, make([]byte, size)...), start)
		ends, xids = append(ends, len(buf)), append(xids, min(xid, 0))
	}
	add(1, wire.OpGetData, 10)
	add(wire.XidPing, wire.OpPing, 0)
	add(2, wire.OpGetData, 0)
	add(wire.XidAuth, wire.OpSetAuth, 20)
	add(3, wire.OpGetData, 30)
	add(1<<31-1, wire.OpGetData, 1)
	return buf, ends, xids
}

func TestWholeFrames_CountsWhatLeftInFull(t *testing.T) {
	t.Parallel()
	buf, ends, xids := batch()
	for n := range len(buf) + 1 {
		want := make(map[int32]int)
		for i, end := range ends {
			if end <= n {
				want[xids[i]]++
			}
		}
		inPart := n > 0 && n < len(buf) && !slices.Contains(ends, n)
		ordinary, auths, broken := wholeFrames(buf, n)
		if next := sort.SearchInts(ends, n); inPart && min(broken, 0) != xids[next] || inPart != (broken != 0) {
			t.Errorf("%d bytes left: xid %d left in part", n, broken)
		}
		if ordinary != want[0] || auths != want[wire.XidAuth] {
			t.Errorf("%d bytes left: %d frames and %d auth frames, want %d and %d", n, ordinary, auths, want[0], want[wire.XidAuth])
		}
	}
}

// errCut is the error of a write that is cut short.
var errCut = errors.New("cut")

// cutter is a socket whose second write, the first after the connect request, breaks off after n bytes.
type cutter struct {
	net.Conn
	n      int
	writes int
}

func (c *cutter) Write(p []byte) (int, error) {
	if c.writes++; c.writes != 2 {
		return c.Conn.Write(p)
	}
	n, _ := c.Conn.Write(p[:min(c.n, len(p))])
	return n, errCut
}

func TestConn_WhatDidNotLeaveInFullIsNotSent(t *testing.T) {
	// The batch is a get, an auth request and two more gets. These are the lengths of their frames.
	const get, auth = 4 + 8 + 4 + 2 + 1, 4 + 8 + 4 + 4 + 6 + 4 + 3
	names := []string{"/a", "auth", "/b", "/c"}
	ends := []int{get, get + auth, 2*get + auth, 3*get + auth}
	for n := range ends[3] + 1 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				w := newWorld(t, func(c *zkpeer.Conn) { c.Accept(); c.Drain() })
				sock, err := w.peer.Dial(t.Context(), "", "")
				if err != nil {
					t.Fatal(err)
				}
				// Queued before the connection, so that they leave in one write.
				w.get("/a")
				w.auth("auth")
				w.get("/b")
				w.get("/c")
				u := w.on(&cutter{Conn: sock, n: n}, OfferSession)
				if err := u.shake(); err != nil {
					t.Fatal(err)
				}
				u.read()
				u.reading.Wait()
				want := []string{"established", "restored"}
				for i, name := range names {
					if ends[i] <= n {
						want = append(want, name+": lost, sent")
					} else {
						want = append(want, name+": lost, not sent")
					}
				}
				w.j.want(t, append(want, "lost")...)
				if w.obs.lastCause() != errCut {
					t.Errorf("cause %v, want the write's", w.obs.lastCause())
				}
			})
		})
	}
}
