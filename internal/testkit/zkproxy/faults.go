package zkproxy

import (
	"bytes"
	"time"
)

// Direction is the direction in which bytes travel.
type Direction int

const (
	ToServer Direction = iota
	ToClient
)

// String returns "to server" or "to client".
func (d Direction) String() string {
	if d == ToServer {
		return "to server"
	}
	return "to client"
}

// Frame is one frame on its way.
type Frame struct {
	Conn  int    // number of the connection, from 0
	Index int    // number of the frame in its direction, from 0, which is the handshake
	Bytes []byte // length and body; valid only during the call
}

// faults are the faults of one direction.
type faults struct {
	drop    bool
	hold    bool
	delay   time.Duration
	rate    int // bytes per second, 0: unlimited
	piece   int // bytes per write, 0: unlimited
	rewrite func(Frame) []byte
	cut     *cut
}

// cut is an armed CutAfter.
type cut struct {
	frames, bytes int           // how many may still pass
	done          chan struct{} // closed when a connection was cut, or the cut was disarmed
}

func (p *Proxy) change(fn func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fn()
	close(p.changed)
	p.changed = make(chan struct{})
}

// current returns the faults of a direction and a channel that is closed when
// they change.
func (p *Proxy) current(d Direction) (faults, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.faults[d], p.changed
}

// Drop reads what arrives and throws it away, including the end of the stream.
// Neither side learns of it, as when a network is cut.
func (p *Proxy) Drop(d Direction, on bool) { p.change(func() { p.faults[d].drop = on }) }

// Hold stops reading and writing, so that the sender's buffers fill up. What was
// held is passed on when Hold ends.
func (p *Proxy) Hold(d Direction, on bool) { p.change(func() { p.faults[d].hold = on }) }

// Delay passes everything on later by this time, in order. It does not lower the
// throughput.
func (p *Proxy) Delay(d Direction, by time.Duration) {
	p.change(func() { p.faults[d].delay = by })
}

// Throttle limits each connection to this many bytes per second; 0 is unlimited.
func (p *Proxy) Throttle(d Direction, bytesPerSecond int) {
	p.change(func() { p.faults[d].rate = bytesPerSecond })
}

// Pieces passes on at most n bytes with each write; 0 is unlimited.
func (p *Proxy) Pieces(d Direction, n int) { p.change(func() { p.faults[d].piece = n }) }

// Rewrite passes on what fn returns for each frame instead of the frame itself: the
// same bytes, others, or none. For each connection and direction, fn is called for
// one frame at a time. It must not call the proxy's Close. A nil fn ends rewriting.
func (p *Proxy) Rewrite(d Direction, fn func(Frame) []byte) {
	p.change(func() { p.faults[d].rewrite = fn })
}

// CutAfter closes a connection after this many whole frames, and then this many
// bytes, have been passed on. They are counted from now on over all connections; the
// connection of the last byte is closed. Then, or when another call or Heal disarms
// the cut, the returned channel is closed. Replies to pings count as frames.
func (p *Proxy) CutAfter(d Direction, frames, bytes int) <-chan struct{} {
	c := &cut{frames: frames, bytes: bytes, done: make(chan struct{})}
	p.change(func() {
		p.disarmLocked(d)
		p.faults[d].cut = c
	})
	return c.done
}

// Heal ends all faults. It does not bring back connections that were cut or refused,
// or that hang.
func (p *Proxy) Heal() {
	p.change(func() {
		p.disarmLocked(ToServer)
		p.disarmLocked(ToClient)
		p.faults = [2]faults{}
		p.admit = admitAll
	})
}

func (p *Proxy) disarmLocked(d Direction) {
	if c := p.faults[d].cut; c != nil {
		close(c.done)
		p.faults[d].cut = nil
	}
}

// Inject sends the test's own bytes on all open connections, between two frames. It
// returns the number of connections.
func (p *Proxy) Inject(d Direction, b []byte) int {
	b = bytes.Clone(b)
	return p.each(func(l *link) { l.inject(d, b) })
}

// allow returns how many bytes of a frame may pass, and whether the connection must
// be closed after them. The reader calls it with size 0 before the first frame.
func (p *Proxy) allow(d Direction, size int) (pass int, closes bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.faults[d].cut
	switch {
	case c == nil:
		return size, false
	case c.frames > 0:
		if size > 0 {
			c.frames--
		}
		pass = size
	default:
		pass = min(size, c.bytes)
		c.bytes -= pass
	}
	if c.frames > 0 || c.bytes > 0 {
		return pass, false
	}
	p.disarmLocked(d)
	return pass, true
}
