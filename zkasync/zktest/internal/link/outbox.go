package link

import "sync"

// Outbox holds what a connection has to send. Like a real server's, it takes any amount, so that a client that does not read does
// not hold up others.
type Outbox struct {
	mu       sync.Mutex
	ready    sync.Cond
	buf      []byte
	finished bool // close the connection when buf has been sent
	halved   bool // close our side of it when buf has been sent, and throw away what comes later
	ended    bool // send nothing more
}

// Init prepares an empty outbox.
func (o *Outbox) Init() { o.ready.L = &o.mu }

// Put adds b, which the caller must not use afterwards, and returns an empty buffer to use instead.
func (o *Outbox) Put(b []byte) []byte {
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

// Finish closes the connection when everything has been sent.
func (o *Outbox) Finish() { o.set(&o.finished) }

// Halve closes the server's side of the connection when everything has been sent.
func (o *Outbox) Halve() { o.set(&o.halved) }

func (o *Outbox) set(flag *bool) {
	o.mu.Lock()
	*flag = true
	o.ready.Signal()
	o.mu.Unlock()
}

// End throws away what has not been sent.
func (o *Outbox) End() {
	o.mu.Lock()
	o.ended, o.buf = true, nil
	o.ready.Signal()
	o.mu.Unlock()
}

// Take waits for something to send, and returns it in exchange for a buffer that is no longer needed. It returns nothing when the
// connection must be closed, or with half set when only our side must be. The caller then calls it again with halfDone set, and it
// waits for the connection to be closed.
func (o *Outbox) Take(spare []byte, halfDone bool) (b []byte, half bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.buf) == 0 && !o.finished && !o.ended && (!o.halved || halfDone) {
		o.ready.Wait()
	}
	b = o.buf
	o.buf = spare[:0]
	return b, len(b) == 0 && !o.finished && !o.ended
}
