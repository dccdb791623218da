package serve

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/jute"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/link"
)

// handshakePatience is how long a connection may be without a session (zookeeper.sessionlessCnxnTimeout).
const handshakePatience = 10 * time.Second

// readLoop reads requests and processes them.
func (c *conn) readLoop() {
	defer c.srv.w.Running.Done()
	for err := c.secure(); err == nil; {
		var n int
		n, err = c.sock.Read(c.in.Room())
		c.in.Came(n)
		if n > 0 && !c.workOff() {
			break
		}
	}
	c.srv.w.Lock()
	c.drop()
	c.srv.w.Unlock()
}

// workOff processes the complete requests that have come. It returns false if the connection must end.
func (c *conn) workOff() bool {
	w := c.srv.w
	w.Lock()
	defer w.Unlock()
	for !c.gone {
		if c.isFrozen() {
			w.thawed.Wait()
			continue
		}
		if !c.greeted && c.in.Len() >= link.LengthSize {
			if word := c.in.Peek(link.LengthSize); c.word(string(word)) {
				return false
			}
		}
		frame, state := c.in.Frame(w.cfg.MaxRequest)
		switch state {
		case link.FrameMissing:
			return true
		case link.FrameRefused:
			c.hangUp()
			return false
		}
		c.received++
		c.srv.received++
		if !c.greeted {
			c.greet(frame)
		} else {
			do := c.consult(frame)
			if c.gone {
				return false
			}
			c.receive(frame, do)
		}
	}
	return false
}

// requestHeader is the size of xid and opcode.
const requestHeader = 8

// receive takes one request. Credentials are processed at once, even if earlier requests wait: in a real server the I/O thread
// processes them.
func (c *conn) receive(frame []byte, do Action) {
	if len(frame) < requestHeader {
		c.hangUp()
		return
	}
	xid := int32(binary.BigEndian.Uint32(frame))
	op := wire.OpCode(int32(binary.BigEndian.Uint32(frame[4:])))
	switch {
	case op == wire.OpSetAuth:
		c.receiveAuth(xid, frame[requestHeader:])
	case op == wire.OpSASL:
		c.receiveSASL(xid, frame[requestHeader:])
	case c.waits || c.held:
		if known := c.session; known != nil && !c.local && c.srv.w.Session(known.ID) == known {
			c.srv.w.Touch(known) // a real server does that when a request comes, not when it is processed
		}
		c.queue = append(c.queue, queued{slices.Clone(frame), do})
	default:
		c.process(xid, op, frame[requestHeader:], do)
	}
}

// resume processes the requests that came while one was waiting.
func (c *conn) resume() {
	for len(c.queue) > 0 && !c.waits && !c.held && !c.gone {
		q := c.queue[0]
		c.queue[0] = queued{}
		c.queue = c.queue[1:]
		d := jute.Decoder{Body: q.frame}
		xid, op := d.Int32(), wire.OpCode(d.Int32())
		c.process(xid, op, d.Body, q.do)
	}
}

// spareMost is the size up to which a buffer is reused.
const spareMost = 256 << 10

// writeLoop sends what is put into the outbox, and closes the connection in the end.
func (c *conn) writeLoop() {
	w := c.srv.w
	defer w.Running.Done()
	c.send()
	_ = c.raw.Close()
	w.Lock()
	delete(w.live, c)
	w.Unlock()
}

func (c *conn) send() {
	var spare []byte
	halfDone := false
	for {
		b, half := c.out.Take(spare, halfDone)
		if half {
			if closer, ok := c.raw.(interface{ CloseWrite() error }); ok {
				_ = closer.CloseWrite()
			}
			halfDone = true
			continue
		}
		if len(b) == 0 {
			return
		}
		if _, err := c.sock.Write(b); err != nil {
			return
		}
		if spare = b; cap(spare) > spareMost {
			spare = nil
		}
	}
}

// word answers a four-letter word, which takes the place of the first frame's length, and reports whether it is one. The connection
// ends after the answer.
func (c *conn) word(word string) bool {
	answer, known := c.srv.w.cfg.Word(c.srv, word)
	if known {
		c.pending = append(c.pending, answer...)
		c.hangUp()
	}
	return known
}
