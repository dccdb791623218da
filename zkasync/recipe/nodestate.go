package recipe

import (
	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// How a Node reports what happens to it.

// Done returns a channel that is closed when the znode is no longer kept: after Close, after the client's Close, and
// when Ready fails.
func (n *Node) Done() <-chan struct{} { return n.done }

// Err returns why the znode is no longer kept, [ErrReleased] after Close. Before that it returns why a server refuses to
// create the znode again, for example because a permission was taken away; the attempt is repeated after pauses of up to
// two seconds. Otherwise it is nil.
func (n *Node) Err() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.err
}

// onErr calls fn with the result of Err: now if it is an error, then at each change from and to nil, and at the end.
func (n *Node) onErr(fn func(error)) {
	n.mu.Lock()
	n.listen = fn
	why := n.err
	n.mu.Unlock()
	if why != nil {
		fn(why)
	}
}

// setErr records why the znode does not exist at the moment; nil: it does.
func (n *Node) setErr(why error) {
	n.mu.Lock()
	news := !n.closed && (why == nil) != (n.err == nil)
	if !n.closed {
		n.err = why
	}
	tell := n.listen
	n.mu.Unlock()
	if news && tell != nil {
		tell(why)
	}
}

// end records the end, once, and returns the watch that is left.
func (n *Node) end(why error) (left *future.Future[zkasync.Event]) {
	n.mu.Lock()
	first, tell := !n.closed, n.listen
	if first {
		n.closed, n.err = true, why
		close(n.done)
	}
	left = n.event
	n.mu.Unlock()
	if first && tell != nil {
		tell(why)
	}
	return left
}
