package reach

import (
	"context"
	"net"
	"time"
)

// Cutoff interrupts the use of a socket when a context is done.
type Cutoff struct {
	stop func() bool
	cut  chan struct{} // closed after the socket was interrupted
}

// CutoffBy interrupts the use of sock when ctx is done, until End is called.
func CutoffBy(ctx context.Context, sock net.Conn) Cutoff {
	c := Cutoff{cut: make(chan struct{})}
	c.stop = context.AfterFunc(ctx, func() {
		defer close(c.cut)
		if sock.SetDeadline(time.Now()) != nil { // tunnels such as those of golang.org/x/crypto/ssh have no deadlines
			_ = sock.Close()
		}
	})
	return c
}

// End ends the Cutoff; it returns true if the context was done first.
func (c Cutoff) End() (cut bool) {
	if c.stop() {
		return false
	}
	<-c.cut
	return true
}
