package link

import "sync"

// Outbox is what a connection has to send. It takes any amount, as the server's does, so that a client that does not read
// holds up nobody else.
type Outbox struct {
	mu       sync.Mutex
	ready    sync.Cond
	buf      []byte
	finished bool // close the connection when buf is sent
	halved   bool // close our side of it when buf is sent, and throw the rest away
	ended    bool // send nothing more
}

func (o *Outbox) Init() { o.ready.L = &o.mu }

// Put adds b, which the caller gives away, and returns a buffer to go on with.
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

func (o *Outbox) Finish() { o.set(&o.finished) }

func (o *Outbox) Halve() { o.set(&o.halved) }

func (o *Outbox) set(flag *bool) {
	o.mu.Lock()
	*flag = true
	o.ready.Signal()
	o.mu.Unlock()
}

func (o *Outbox) End() {
	o.mu.Lock()
	o.ended, o.buf = true, nil
	o.ready.Signal()
	o.mu.Unlock()
}

// Take waits for something to send and exchanges it for a buffer that is no longer needed. When there is nothing more to
// send it returns none, with half set if only our side is to be closed; after that it waits for the rest to be.
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
