package zktest

import "sync"

// outbox is what a connection has to send. It takes any amount, as the server's does, so that a client that does not read
// holds up nobody else.
type outbox struct {
	mu       sync.Mutex
	ready    sync.Cond
	buf      []byte
	finished bool // close the connection when buf is sent
	ended    bool // send nothing more
}

func (o *outbox) init() { o.ready.L = &o.mu }

// put adds b, which the caller gives away, and returns a buffer to go on with.
func (o *outbox) put(b []byte) []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended || o.finished {
		return b[:0]
	}
	o.ready.Signal()
	if len(o.buf) == 0 {
		b, o.buf = o.buf, b
		return b[:0]
	}
	o.buf = append(o.buf, b...)
	return b[:0]
}

func (o *outbox) finish() {
	o.mu.Lock()
	o.finished = true
	o.ready.Signal()
	o.mu.Unlock()
}

func (o *outbox) end() {
	o.mu.Lock()
	o.ended, o.buf = true, nil
	o.ready.Signal()
	o.mu.Unlock()
}

// take waits for something to send and exchanges it for a buffer that is no longer needed. It returns nothing when the
// connection is to be closed.
func (o *outbox) take(spare []byte) []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.buf) == 0 && !o.finished && !o.ended {
		o.ready.Wait()
	}
	b := o.buf
	o.buf = spare[:0]
	return b
}

// spareMost is the size up to which a buffer is kept for what comes next.
const spareMost = 256 << 10

// writeLoop sends what the outbox gets, and closes the connection in the end.
func (c *conn) writeLoop() {
	w := c.srv.w
	defer w.running.Done()
	c.send()
	_ = c.raw.Close()
	w.lock()
	delete(w.live, c)
	w.release()
}

func (c *conn) send() {
	var spare []byte
	for {
		b := c.out.take(spare)
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

// handOn gives writeLoop what was written under the lock.
func (c *conn) handOn() {
	c.listed = false
	if len(c.pending) > 0 {
		c.pending = c.out.put(c.pending)
	}
}
