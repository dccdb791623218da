package mux

import (
	"encoding/binary"
	"fmt"
	"runtime"

	"github.com/zkasync/zkasync-go/internal/mux/internal/request"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// writeLoop is the only goroutine that writes to the socket after the handshake. It ends when the connection is dead.
func (c *Conn) writeLoop() {
	defer c.workers.Done()
	returned := false
	defer func() {
		if v := recover(); v != nil || !returned {
			c.die(&writerError{v})
		}
	}()
	var out outgoing
	if t := c.m.cfg.Tracer; t != nil {
		out.trace = func(r Request, size int) { t.Written(r, c.server, size) }
	}
	for c.takeBatch(&out) {
		c.encode(&out)
		if err := c.send(&out); err != nil {
			c.die(err)
			break
		}
		clear(out.reqs)
		clear(out.kept)
		if cap(out.buf) > keepBuffer {
			out.buf = nil
		}
	}
	returned = true
}

// writerError reports that code of the user's, a context or a connection, has panicked on the writer goroutine or ended it.
type writerError struct{ panicked any }

func (e *writerError) Error() string {
	if e.panicked == nil {
		return "a context or the connection called runtime.Goexit"
	}
	return fmt.Sprintf("a context or the connection panicked: %v", e.panicked)
}

// takeBatch waits for requests and moves them to out.reqs. It returns false when the connection is dead.
func (c *Conn) takeBatch(out *outgoing) bool {
	m := c.m
	out.reqs, out.buf, out.kept, out.auths, out.trial = out.reqs[:0], out.buf[:0], out.kept[:0], nil, false
	out.pings = 0
	m.mu.Lock()
	defer m.mu.Unlock()
	for {
		if c.isDead() {
			return false
		}
		urgent := 0
		if !c.talking {
			urgent = len(c.urgent)
			out.reqs = append(out.reqs, c.urgent...)
			c.urgent = nil
		}
		switch {
		case len(c.restore) > 0:
			c.takeRestoreLocked(out)
		case m.live:
			c.takeQueuedLocked(out)
			if c.heldBackLocked() {
				m.queue.Guard() // queued requests may wait long, so their contexts must be watched
			} else {
				m.queue.Unguard() // the writer keeps up, and checks the contexts itself
			}
		}
		if len(out.reqs) > 0 {
			c.encoding = len(out.reqs) - urgent
			return true
		}
		m.parked = true
		m.work.Wait()
		m.parked = false
	}
}

// heldBackLocked reports whether requests stay in the queue until replies come.
func (c *Conn) heldBackLocked() bool {
	return c.m.queue.Len() > 0 && (c.m.care.window > 0 || c.draining || c.trial.Load() || c.joining.Load() == joinsTrial)
}

// takeRestoreLocked takes the requests that restore the session: all at once, or one by one on a careful connection.
func (c *Conn) takeRestoreLocked(out *outgoing) {
	n := len(c.restore)
	if c.m.care.window > 0 {
		n = min(c.roomLocked(c.restore[0].Size()), 1)
	}
	out.reqs = append(out.reqs, c.restore[:n]...)
	if c.restore = c.restore[n:]; len(c.restore) == 0 {
		c.restore = nil
	}
}

func (c *Conn) takeQueuedLocked(out *outgoing) {
	m := c.m
	m.queue.SkipGone()
	if c.tryLocked(out) || c.tryRecentLocked(out) {
		return
	}
	c.drainedLocked()
	most := batchCount
	if m.care.window > 0 && m.queue.Len() > 0 {
		most = len(out.reqs) + c.roomLocked(m.queue.At(0).Size())
	}
	for size := 0; m.queue.Len() > 0 && size < batchBytes && len(out.reqs) < most; {
		if m.care.window > 0 && size > 0 && m.queue.At(0).Size() >= heavy {
			return // it goes into a batch of its own
		}
		if c.mayTryLocked() && size > 0 || c.isTrialLocked(m.queue.At(0)) {
			return
		}
		if r := m.queue.Take(); r != nil {
			out.reqs = append(out.reqs, r)
			size += request.Overhead + r.Size()
		}
	}
}

// encode appends the frames of all requests that are still wanted, and puts these requests in flight: everything that may
// reach the server is in flight before its first byte leaves.
func (c *Conn) encode(out *outgoing) {
	m := c.m
	xid := c.nextXid
	c.taken = out.reqs
	c.beginGathering()
	for i, r := range out.reqs {
		if ctx := r.Context(); ctx != nil && ctx.Err() != nil {
			f := request.ContextFailure(ctx)
			out.reqs[i] = nil
			r.Fail(f)
			continue
		}
		before, gathered := c.gather.Add(r)
		if before != nil {
			out.add(&xid, before)
		}
		if gathered {
			continue
		}
		if f, withheld := request.Withheld(r); withheld {
			out.reqs[i] = nil
			r.Fail(f)
			continue
		}
		switch r.Op() {
		case wire.OpPing:
			out.buf = appendFrame(out.buf, wire.XidPing, r)
			out.pings++
		case wire.OpSetAuth:
			out.append(wire.XidAuth, r)
			out.auths = append(out.auths, authEntry{Request: r, before: xid})
		default:
			out.add(&xid, r)
		}
	}
	if last := c.gather.Flush(); last != nil {
		out.add(&xid, last)
	}
	m.mu.Lock()
	if out.trial {
		c.triedLocked(out)
		c.encodedTrialLocked(out)
	}
	for _, r := range out.kept {
		c.flight.Push(r)
		c.companions += companionsOf(r)
	}
	c.taken, c.encoding = nil, 0
	m.counts.sent += int64(len(out.buf))
	c.sentLocked(out, c.nextXid)
	c.nextXid = xid
	c.written += int64(len(out.kept))
	c.auths = append(c.auths, out.auths...)
	m.mu.Unlock()
}

// exactWrites says whether a failed write reports exactly how many bytes have left. On Windows, a write that is cancelled by
// closing the socket (CancelIoEx) does not.
const exactWrites = runtime.GOOS != "windows"

// send writes the batch. If the write fails, it counts the requests that did not leave in full, so that only these are called
// "not sent".
func (c *Conn) send(out *outgoing) error {
	if len(out.buf) == 0 {
		return nil
	}
	c.sinceBirth.write.Store(c.now())
	n, err := c.sock.Write(out.buf)
	c.sinceBirth.write.Store(0)
	if err != nil {
		if !exactWrites {
			n = len(out.buf)
		}
		ordinary, auths, broken := wholeFrames(out.buf, n)
		c.m.mu.Lock()
		c.broken = broken
		c.unsent, c.unsentAuths = len(out.kept)-ordinary, len(out.auths)-auths
		c.m.mu.Unlock()
	}
	return err
}

// wholeFrames counts the frames that lie wholly within the first n bytes of buf: those with an ordinary xid, and those of auth
// requests. It also returns the xid of the frame that lies there in part, 0 if there is none.
func wholeFrames(buf []byte, n int) (ordinary, auths int, broken int32) {
	for len(buf) >= request.Overhead && n > 0 {
		size := 4 + int(binary.BigEndian.Uint32(buf))
		xid := int32(binary.BigEndian.Uint32(buf[4:]))
		if size > n {
			return ordinary, auths, xid
		}
		switch {
		case xid > 0:
			ordinary++
		case xid == wire.XidAuth:
			auths++
		}
		buf, n = buf[size:], n-size
	}
	return ordinary, auths, 0
}
