package zktest

import "sync"

// outbox is what a connection has to send. It takes any amount, as the server's does, so that a client that does not read
// holds up nobody else.
type outbox struct {
	mu       sync.Mutex
	ready    sync.Cond
	buf      []byte
	finished bool // close the connection when buf is sent
	halved   bool // close our side of it when buf is sent, and throw the rest away
	ended    bool // send nothing more
}

func (o *outbox) init() { o.ready.L = &o.mu }

// put adds b, which the caller gives away, and returns a buffer to go on with.
func (o *outbox) put(b []byte) []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended || o.finished || o.halved {
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

func (o *outbox) finish() { o.set(&o.finished) }

func (o *outbox) halve() { o.set(&o.halved) }

func (o *outbox) set(flag *bool) {
	o.mu.Lock()
	*flag = true
	o.ready.Signal()
	o.mu.Unlock()
}

func (o *outbox) end() {
	o.mu.Lock()
	o.ended, o.buf = true, nil
	o.ready.Signal()
	o.mu.Unlock()
}

// take waits for something to send and exchanges it for a buffer that is no longer needed. When there is nothing more to
// send it returns none, with half set if only our side is to be closed; after that it waits for the rest to be.
func (o *outbox) take(spare []byte, halfDone bool) (b []byte, half bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.buf) == 0 && !o.finished && !o.ended && (!o.halved || halfDone) {
		o.ready.Wait()
	}
	b = o.buf
	o.buf = spare[:0]
	return b, len(b) == 0 && !o.finished && !o.ended
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
	halfDone := false
	for {
		b, half := c.out.take(spare, halfDone)
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
