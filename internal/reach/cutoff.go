package reach

import (
	"context"
	"net"
	"time"
)

// Cutoff interrupts the use of a socket when a context is done.
type Cutoff struct {
	stop func() bool
	cut  chan struct{} // closed when the socket has been dealt with
}

// CutoffBy interrupts when ctx is done, until End.
func CutoffBy(ctx context.Context, sock net.Conn) Cutoff {
	c := Cutoff{cut: make(chan struct{})}
	c.stop = context.AfterFunc(ctx, func() {
		defer close(c.cut)
		if sock.SetDeadline(time.Now()) != nil { // tunnels (golang.org/x/crypto/ssh has some) know no deadlines
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
