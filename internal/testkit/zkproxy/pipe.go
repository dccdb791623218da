package zkproxy

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"time"
)

const (
	lengthSize = 4
	// maxFrame distinguishes a frame from the beginning of another protocol.
	// ZooKeeper's largest replies have a few MiB; TLS and four-letter words look like
	// frames of 350 MiB and more.
	maxFrame  = 64 << 20
	readSize  = 64 << 10
	chunkSize = 32 << 10 // about how many bytes of complete frames are gathered
	// queueLength bounds the number of chunks that a delay holds back.
	queueLength = 4096
	// throttleSteps is how often per second a throttled pipe writes.
	throttleSteps = 100
)

// chunk is what the reader passes to the writer.
type chunk struct {
	bytes  []byte
	at     time.Time // when it was read
	closes bool      // the connection ends after it
}

// pipe is one direction of a link.
type pipe struct {
	link     *link
	dir      Direction
	src, dst net.Conn
	queue    chan chunk // never closed: link.closed ends both sides

	// Used by the reader alone.
	frames int  // how many frames were read
	raw    bool // the stream has no frames
}

func newPipe(l *link, d Direction, src, dst net.Conn) *pipe {
	return &pipe{link: l, dir: d, src: src, dst: dst, queue: make(chan chunk, queueLength)}
}

// send queues a chunk. It returns false if the connection has ended.
func (p *pipe) send(c chunk) bool {
	c.at = time.Now()
	select {
	case p.queue <- c:
		return true
	case <-p.link.closed:
		return false
	}
}

// read reads what arrives, applies the faults that concern whole frames, and queues
// what is left for the writer.
func (p *pipe) read(wg *sync.WaitGroup) {
	defer wg.Done()
	if _, closes := p.link.proxy.allow(p.dir, 0); closes {
		p.send(chunk{closes: true})
		return
	}
	r := bufio.NewReaderSize(p.src, readSize)
	for p.waitWhile(func(f faults) bool { return f.hold }) {
		out, more := p.gather(r)
		if f, _ := p.link.proxy.current(p.dir); f.drop {
			out.bytes = nil
		}
		// A network that drops bytes also drops the end of the stream.
		if !more && !p.waitWhile(func(f faults) bool { return f.drop }) {
			return
		}
		out.closes = out.closes || !more
		if !p.send(out) || out.closes {
			return
		}
	}
}

// gather reads one frame and those that have arrived after it. It returns more
// false at the end of the stream.
func (p *pipe) gather(r *bufio.Reader) (out chunk, more bool) {
	for {
		frame, err := p.next(r)
		pass, closes := p.link.proxy.allow(p.dir, len(frame))
		out.bytes = append(out.bytes, frame[:pass]...)
		out.closes = closes
		if err != nil || closes {
			return out, err == nil
		}
		if len(out.bytes) >= chunkSize || !buffered(r) {
			return out, true
		}
	}
}

// buffered reports whether the next frame can be read without waiting.
func buffered(r *bufio.Reader) bool {
	if r.Buffered() < lengthSize {
		return false
	}
	head, _ := r.Peek(lengthSize)
	n := binary.BigEndian.Uint32(head)
	return int64(n) <= int64(r.Buffered()-lengthSize)
}

// next returns the next frame, rewritten if the test wants that. From a stream
// without frames it returns what has arrived. If there is an error, it also returns
// the incomplete frame.
func (p *pipe) next(r *bufio.Reader) ([]byte, error) {
	if p.raw {
		b := make([]byte, readSize)
		n, err := r.Read(b)
		return b[:n], err
	}
	head, err := r.Peek(lengthSize)
	if err != nil {
		return head, err
	}
	n := binary.BigEndian.Uint32(head)
	if n > maxFrame {
		p.raw = true
		return p.next(r)
	}
	frame := make([]byte, lengthSize+int(n))
	got, err := io.ReadFull(r, frame)
	if err != nil {
		return frame[:got], err
	}
	index := p.frames
	p.frames++
	if index == 0 && p.dir == ToServer {
		p.link.proxy.recordRequest(frame[lengthSize:])
	}
	if f, _ := p.link.proxy.current(p.dir); f.rewrite != nil {
		frame = f.rewrite(Frame{Conn: p.link.id, Index: index, Bytes: frame})
	}
	return frame, nil
}

// write passes on what the reader has queued, as the faults require.
func (p *pipe) write(wg *sync.WaitGroup) {
	defer wg.Done()
	for {
		select {
		case c := <-p.queue:
			if !p.deliver(c) || c.closes {
				p.link.close()
				return
			}
		case <-p.link.closed:
			return
		}
	}
}

// deliver writes one chunk. It returns false if the connection has ended.
func (p *pipe) deliver(c chunk) bool {
	if !p.waitUntilDue(c.at) {
		return false
	}
	for len(c.bytes) > 0 {
		if !p.waitWhile(func(f faults) bool { return f.hold }) {
			return false
		}
		f, _ := p.link.proxy.current(p.dir)
		n := len(c.bytes)
		if f.piece > 0 {
			n = min(n, f.piece)
		}
		if f.rate > 0 {
			n = min(n, max(1, f.rate/throttleSteps))
		}
		if _, err := p.dst.Write(c.bytes[:n]); err != nil {
			return false
		}
		c.bytes = c.bytes[n:]
		if f.rate > 0 && !p.wait(time.Duration(n)*time.Second/time.Duration(f.rate), nil) {
			return false
		}
	}
	return true
}

// waitUntilDue waits until bytes that were read at the time at have been delayed
// long enough.
func (p *pipe) waitUntilDue(at time.Time) bool {
	for {
		f, changed := p.link.proxy.current(p.dir)
		wait := time.Until(at.Add(f.delay))
		if wait <= 0 {
			return true
		}
		if !p.wait(wait, changed) {
			return false
		}
	}
}

// wait waits for d, or until changed is closed. It returns false if the connection
// has ended.
func (p *pipe) wait(d time.Duration, changed <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-changed:
		return true
	case <-p.link.closed:
		return false
	}
}

// waitWhile waits until a fault has ended. It returns false if the connection has
// ended first.
func (p *pipe) waitWhile(fault func(faults) bool) bool {
	for {
		f, changed := p.link.proxy.current(p.dir)
		if !fault(f) {
			return true
		}
		select {
		case <-changed:
		case <-p.link.closed:
			return false
		}
	}
}
