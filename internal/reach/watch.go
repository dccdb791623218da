package reach

import (
	"context"
	"net"
	"time"
)

// Watch breaks off what is done with a socket when a context ends.
type Watch struct {
	stop func() bool
	cut  chan struct{} // closed when the socket has been dealt with
}

// WatchSocket begins a watch.
func WatchSocket(ctx context.Context, sock net.Conn) Watch {
	w := Watch{cut: make(chan struct{})}
	w.stop = context.AfterFunc(ctx, func() {
		defer close(w.cut)
		if sock.SetDeadline(time.Now()) != nil { // tunnels (golang.org/x/crypto/ssh has some) know no deadlines
			_ = sock.Close()
		}
	})
	return w
}

// End ends the watch; true when the context came first.
func (w Watch) End() (cut bool) {
	if w.stop() {
		return false
	}
	<-w.cut
	return true
}
