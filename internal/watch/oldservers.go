package watch

import (
	"sync"
	"time"
)

// oldServers remembers which servers do not know persistent watches, because each attempt costs a connection. Servers of an
// ensemble are upgraded one by one, so each is remembered separately, and only for a while. The zero value is empty and ready to
// use.
type oldServers struct {
	mu      sync.Mutex
	known   map[string]time.Time // until when each server counts as old, by its address
	present string               // the address of the present server, "" between connections
}

// oldFor is how long a server counts as one that does not know persistent watches.
const oldFor = time.Hour

// forget is called when the client starts.
func (o *oldServers) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.known, o.present = nil, ""
}

// connected is called with the server's address at each new connection, and with "" when the connection is lost.
func (o *oldServers) connected(server string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.present = server
}

// learn records that the present server does not know persistent watches.
func (o *oldServers) learn() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.known == nil {
		o.known = make(map[string]time.Time)
	}
	o.known[o.present] = time.Now().Add(oldFor)
}

// isPresent reports whether the present server is known not to know persistent watches.
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
