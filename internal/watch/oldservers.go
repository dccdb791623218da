package watch

import (
	"sync"
	"time"
)

// oldServers remembers which servers do not know persistent watches: asking costs a connection. Servers of an ensemble are
// upgraded one by one, so it is known of each by itself, and forgotten after a while. The zero value is empty and ready.
type oldServers struct {
	mu      sync.Mutex
	known   map[string]time.Time // until when, by the server's address
	present string               // the address of the present server, "" between connections
}

// oldFor is how long a server counts as one that does not know persistent watches.
const oldFor = time.Hour

// forget is called at a start.
func (o *oldServers) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.known, o.present = nil, ""
}

// connected is called with the address of the server of each new connection, and with none when it is lost.
func (o *oldServers) connected(server string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.present = server
}

// learn notes that the present server is one.
func (o *oldServers) learn() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.known == nil {
		o.known = make(map[string]time.Time)
	}
	o.known[o.present] = time.Now().Add(oldFor)
}

// isPresent reports whether the present server is one.
func (o *oldServers) isPresent() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.present == "" || len(o.known) == 0 {
		return false
	}
	until, known := o.known[o.present]
	if known && time.Now().After(until) {
		delete(o.known, o.present)
		known = false
	}
	return known
}
