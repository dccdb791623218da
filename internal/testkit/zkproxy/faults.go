package zkproxy

import (
	"bytes"
	"time"
)

// Direction is the way that bytes travel.
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
	Index int    // number of the frame in its direction, from 0: the handshake
	Bytes []byte // length and body; valid during the call only
}

// faults are those of one direction.
type faults struct {
	drop    bool
	hold    bool
	delay   time.Duration
	rate    int // bytes per second, 0: unlimited
	piece   int // bytes per write, 0: unlimited
	rewrite func(Frame) []byte
	cut     *cut
}

// cut is an armed CutAfter: what may still pass.
type cut struct {
	frames, bytes int
	done          chan struct{} // closed when it has struck, or was disarmed
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

// Drop reads what comes and throws it away, the end of the stream included:
// neither side learns anything, as when a network is cut.
func (p *Proxy) Drop(d Direction, on bool) { p.change(func() { p.faults[d].drop = on }) }

// Hold stops reading and writing, so that the sender's buffers fill up. What is
// held is passed on when it ends.
func (p *Proxy) Hold(d Direction, on bool) { p.change(func() { p.faults[d].hold = on }) }

// Delay passes everything on after a while, in order, and lowers no throughput.
func (p *Proxy) Delay(d Direction, by time.Duration) {
	p.change(func() { p.faults[d].delay = by })
}

// Throttle passes on so many bytes per second on each connection; 0 is unlimited.
func (p *Proxy) Throttle(d Direction, bytesPerSecond int) {
	p.change(func() { p.faults[d].rate = bytesPerSecond })
}

// Pieces passes on at most n bytes with each write; 0 is unlimited.
func (p *Proxy) Pieces(d Direction, n int) { p.change(func() { p.faults[d].piece = n }) }

// Rewrite has fn decide what is passed on in place of each frame: the same bytes,
// others, or none. fn runs for one frame of a connection and direction at a time
// and must not call the proxy's Close. A nil fn ends it.
func (p *Proxy) Rewrite(d Direction, fn func(Frame) []byte) {
	p.change(func() { p.faults[d].rewrite = fn })
}

// CutAfter closes the connection on which, counted from now over all connections,
// so many whole frames and then so many bytes have been passed on. It strikes
// once, then the returned channel is closed; another call, or Heal, disarms it.
// Replies to pings are frames, too.
func (p *Proxy) CutAfter(d Direction, frames, bytes int) <-chan struct{} {
	c := &cut{frames: frames, bytes: bytes, done: make(chan struct{})}
	p.change(func() {
		p.disarmLocked(d)
		p.faults[d].cut = c
	})
	return c.done
}

// Heal ends all faults. Connections that were cut, refused or left hanging stay
// so.
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

// Inject sends bytes of the test's own on all open connections, between two
// frames, and returns on how many.
func (p *Proxy) Inject(d Direction, b []byte) int {
	b = bytes.Clone(b)
	return p.each(func(l *link) { l.inject(d, b) })
}

// allow says how many bytes of a frame may pass, and whether the connection is to
// be closed after them. A frame of no bytes asks before the first one.
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
