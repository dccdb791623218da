package link

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// Addr is the address of a connection in memory.
type Addr string

// Network implements net.Addr.
func (Addr) Network() string { return "memory" }

// String implements net.Addr.
func (a Addr) String() string { return string(a) }

// Pipe returns the two ends of a connection in memory. Each direction holds up to size bytes that have been written but not read,
// like the buffers of a TCP connection. With size 0 it is a net.Pipe. A goroutine that waits for it is durably blocked in the sense
// of testing/synctest, unlike one that waits for a socket.
func Pipe(size int, a, b Addr) (atA, atB net.Conn) {
	if size == 0 {
		x, y := net.Pipe()
		return named{x, a, b}, named{y, b, a}
	}
	toA, toB := newHalf(size), newHalf(size)
	return &memConn{in: toA, out: toB, local: a, remote: b}, &memConn{in: toB, out: toA, local: b, remote: a}
}

// named gives a net.Pipe addresses.
type named struct {
	net.Conn
	local, remote Addr
}

func (n named) LocalAddr() net.Addr  { return n.local }
func (n named) RemoteAddr() net.Addr { return n.remote }

// memConn is one end of a connection in memory.
type memConn struct {
	in, out       *half
	local, remote Addr
}

// Read implements net.Conn.
func (c *memConn) Read(p []byte) (int, error) { return c.in.read(p) }

// Write implements net.Conn. It returns when all of p is in the buffer.
func (c *memConn) Write(p []byte) (int, error) { return c.out.write(p) }

// Close implements net.Conn. What has been written can still be read at the other end.
func (c *memConn) Close() error {
	c.in.close(errClosedConn, io.ErrClosedPipe)
	c.out.close(io.EOF, errClosedConn)
	return nil
}

// CloseWrite ends writing. Reading goes on.
func (c *memConn) CloseWrite() error {
	c.out.close(io.EOF, errClosedConn)
	return nil
}

func (c *memConn) LocalAddr() net.Addr  { return c.local }
func (c *memConn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline implements net.Conn.
func (c *memConn) SetDeadline(t time.Time) error {
	_ = c.SetReadDeadline(t)
	return c.SetWriteDeadline(t)
}

// SetReadDeadline implements net.Conn.
func (c *memConn) SetReadDeadline(t time.Time) error {
	c.in.setDeadline(&c.in.readBy, t)
	return nil
}

// SetWriteDeadline implements net.Conn.
func (c *memConn) SetWriteDeadline(t time.Time) error {
	c.out.setDeadline(&c.out.writeBy, t)
	return nil
}

var errClosedConn = net.ErrClosed

// half is one direction of a connection.
type half struct {
	size int

	mu              sync.Mutex
	changed         sync.Cond
	buf             []byte // a ring; grows to size
	start, n        int
	readErr         error // for the reader once buf is empty; nil while the writer is open
	writeErr        error // for the writer; nil while the reader is open
	readBy, writeBy deadline
}

func newHalf(size int) *half {
	h := &half{size: size}
	h.changed.L = &h.mu
	return h
}

// deadline is when reading or writing fails. Clients set one with every request, so its timer is not moved each time: it may go off
// early, and is then set again.
type deadline struct {
	at    time.Time // zero: none
	timer *time.Timer
	rings time.Time // when timer goes off; zero: it is not set
}

func (d *deadline) passed() bool { return !d.at.IsZero() && !time.Now().Before(d.at) }

func (h *half) setDeadline(d *deadline, t time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	d.at = t
	h.armLocked(d)
	h.changed.Broadcast()
}

func (h *half) armLocked(d *deadline) {
	if d.at.IsZero() || h.readErr != nil && h.writeErr != nil || !d.rings.IsZero() && !d.rings.After(d.at) {
		return
	}
	wait := max(0, time.Until(d.at))
	if d.timer == nil {
		d.timer = time.AfterFunc(wait, func() { h.ring(d) })
	} else {
		d.timer.Reset(wait)
	}
	d.rings = d.at
}

func (h *half) ring(d *deadline) {
	h.mu.Lock()
	defer h.mu.Unlock()
	d.rings = time.Time{}
	if d.passed() {
		h.changed.Broadcast()
		return
	}
	h.armLocked(d)
}

func (h *half) read(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case errors.Is(h.readErr, errClosedConn): // the reader itself has closed the connection
			return 0, h.readErr
		case h.readBy.passed():
			return 0, os.ErrDeadlineExceeded
		case h.n > 0:
			n := copy(p, h.buf[h.start:min(h.start+h.n, len(h.buf))])
			if n < len(p) && n < h.n {
				n += copy(p[n:], h.buf[:h.n-n])
			}
			h.n -= n
			if h.start = (h.start + n) % len(h.buf); h.n == 0 {
				h.start = 0
			}
			h.changed.Broadcast()
			return n, nil
		case h.readErr != nil:
			return 0, h.readErr
		case len(p) == 0:
			return 0, nil
		}
		h.changed.Wait()
	}
}

func (h *half) write(p []byte) (done int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case h.writeErr != nil:
			return done, h.writeErr
		case h.writeBy.passed():
			return done, os.ErrDeadlineExceeded
		case done == len(p):
			return done, nil
		}
		if n := min(len(p)-done, h.size-h.n); n > 0 {
			h.addLocked(p[done : done+n])
			done += n
			h.changed.Broadcast()
			continue
		}
		h.changed.Wait()
	}
}

// addLocked adds p to the ring. There must be room for it within h.size.
func (h *half) addLocked(p []byte) {
	if need := h.n + len(p); need > len(h.buf) {
		const smallest = 512
		bigger := make([]byte, min(h.size, max(2*len(h.buf), need, smallest)))
		n := copy(bigger, h.buf[h.start:min(h.start+h.n, len(h.buf))])
		copy(bigger[n:], h.buf[:h.n-n])
		h.buf, h.start = bigger, 0
	}
	end := (h.start + h.n) % len(h.buf)
	n := copy(h.buf[end:], p)
	copy(h.buf, p[n:])
	h.n += len(p)
}

// close ends one direction. The first errors stay, except that a reader's own close replaces the reader's error.
func (h *half) close(forReader, forWriter error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.readErr == nil || errors.Is(forReader, errClosedConn) {
		h.readErr = forReader
	}
	if h.writeErr == nil {
		h.writeErr = forWriter
	}
	for _, d := range []*deadline{&h.readBy, &h.writeBy} {
		if d.timer != nil {
			d.timer.Stop()
		}
	}
	h.changed.Broadcast()
}
