package recipe

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// Node is a znode that exists as long as its client runs, with the data it should have: it is created again after
// its session has ended, after somebody has deleted it, and together with its parents if they are gone (Curator:
// PersistentNode). It uses no goroutine and is safe for concurrent use.
type Node struct {
	c    *zkasync.Client
	name string // the path as requested
	cfg  config

	numbered bool // the server appends a number to the name

	first *future.Promise[future.Void] // completes when the znode exists for the first time, or cannot be created
	there *future.Future[future.Void]
	gone  *future.Promise[future.Void] // completes when it is gone for good

	deleting atomic.Bool
	done     chan struct{} // closed with closed

	mu      sync.Mutex
	path    string // the actual path
	took    bool   // it has existed, or has tried to replace another
	data    []byte
	changes int   // of data
	owner   int64 // the session whose znode exists; 0: there is none of ours
	event   *future.Future[zkasync.Event]
	err     error       // why it is not kept, or not at the moment
	listen  func(error) // called with err and at the end, without the lock
	closed  bool
	making  bool // it is being found out whether there is one of ours
}

// KeepNode creates an ephemeral znode and keeps it there until [Node.Close]. If another session has a znode at that
// path, it waits for that session's end: a restarted program takes the place of its predecessor when the predecessor's
// session has ended, or at once with [TakeOver].
func KeepNode(c *zkasync.Client, path string, data []byte, opts ...Option) *Node {
	return keep(&Node{c: c, name: path, path: path, cfg: newConfig(opts), data: bytes.Clone(data)})
}

func keep(n *Node) *Node {
	n.first, n.gone = future.NewPromise[future.Void](nil), future.NewPromise[future.Void](nil)
	n.there = core.OnHandler(n.c, n.first.Future())
	n.done = make(chan struct{})
	if n.cfg.err != nil {
		n.stop(&Error{Op: "keep", Path: n.name, Err: n.cfg.err})
		return n
	}
	n.create()
	return n
}

// Path returns the path of the znode. That of a numbered one is known once it exists for the first time.
func (n *Node) Path() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.path
}

// Ready completes when the znode exists for the first time. It fails if the znode cannot be created: the path is
// invalid, a permission is missing, or the client was closed. Then nothing is kept.
func (n *Node) Ready() *future.Future[future.Void] { return n.there }

// Close deletes the znode, if it exists, and stops keeping it. The future completes when it is gone.
func (n *Node) Close() *future.Future[future.Void] {
	n.stop(&Error{Op: "keep", Path: n.name, Err: ErrReleased})
	return core.OnHandler(n.c, n.gone.Future())
}

// stop stops keeping the znode, and deletes it if it exists.
func (n *Node) stop(why error) {
	if event := n.end(why); event != nil {
		n.c.Unwatch(event)
	}
	n.first.Reject(why)
	n.remove()
}

// remove deletes the znode of a closed Node, once it is known whether there is one.
func (n *Node) remove() {
	n.mu.Lock()
	wait := !n.closed || n.making
	owner, path := n.owner, n.path
	if !wait {
		n.owner = 0
	}
	n.mu.Unlock()
	switch {
	case wait:
		return
	case owner == 0:
		if n.deleting.CompareAndSwap(false, true) {
			n.gone.Resolve(future.Void{})
		}
		return
	}
	n.deleting.Store(true)
	gone := discard(n.c, path, func(ctx context.Context) *future.Future[future.Void] {
		// In another session it is gone, and a znode that exists now is somebody else's.
		return ofSession(ctx, n.c, owner, future.Resolved(future.Void{}), func(ctx context.Context) *future.Future[future.Void] {
			return n.c.Delete(ctx, path, zkasync.AnyVersion)
		})
	})
	then(gone, func(_ future.Void, err error) {
		if err != nil {
			n.gone.Reject(err)
			return
		}
		n.gone.Resolve(future.Void{})
	})
}

// found records whether there is a znode of ours, and reports whether it is to be kept.
func (n *Node) found(owner int64) (keep bool) {
	n.mu.Lock()
	n.owner, n.making, n.took = owner, false, n.took || owner != 0
	closed := n.closed
	n.mu.Unlock()
	if closed {
		n.remove()
	}
	return !closed
}

// create creates the znode, which as far as is known does not exist.
func (n *Node) create() {
	n.mu.Lock()
	data, changes, closed := n.data, n.changes, n.closed
	n.making = !closed
	n.mu.Unlock()
	if closed {
		n.remove()
		return
	}
	ask(n.c, func(ctx context.Context) *future.Future[zkasync.Created] { return n.send(ctx, data) },
		func(made zkasync.Created, err error) {
			switch {
			case err == nil:
				n.made(made, changes)
			case errors.Is(err, zk.ErrNodeExists):
				n.exists(data)
			case errors.Is(err, zkasync.ErrSessionExpired), n.numbered && (isNotMade(err) || core.IsUnlucky(err)):
				n.create()
			default:
				n.fail(err)
			}
		})
}

// made records that the znode exists, and watches it. changes is how often its data had been set by then.
func (n *Node) made(made zkasync.Created, changes int) {
	n.mu.Lock()
	n.path = made.Path
	n.mu.Unlock()
	if !n.found(made.Stat.EphemeralOwner) {
		return
	}
	n.setErr(nil)
	n.mu.Lock()
	late := n.changes != changes
	n.mu.Unlock()
	if !late {
		n.look()
		return
	}
	then(n.write(), func(future.Void, error) { n.look() })
}

// look finds out what exists, and watches for its end.
func (n *Node) look() {
	path := n.Path()
	ask(n.c, func(ctx context.Context) *future.Future[zkasync.Watched[*zk.Stat]] { return n.c.ExistsW(ctx, path) }, n.looked)
}

func (n *Node) looked(w zkasync.Watched[*zk.Stat], err error) {
	if err != nil {
		n.fail(err)
		return
	}
	owner := int64(0)
	if w.Value != nil && w.Value.EphemeralOwner == n.c.Session().ID {
		owner = w.Value.EphemeralOwner
	}
	if w.Value != nil {
		n.setErr(nil)
	}
	n.mu.Lock()
	adopted := owner != 0 && n.owner != owner // of an earlier create whose reply was lost
	closed := n.closed
	if !closed {
		n.event = w.Event
	}
	n.mu.Unlock()
	if closed && !n.isMaking() { // our znode is being deleted
		n.c.Unwatch(w.Event)
		return
	}
	switch {
	case !n.found(owner):
		n.c.Unwatch(w.Event)
		return
	case w.Value == nil, n.numbered && owner == 0: // gone with its session, or about to be
		n.c.Unwatch(w.Event)
		n.create()
		return
	case adopted:
		then(n.write(), func(_ future.Void, err error) {
			if err != nil {
				n.fail(err)
				return
			}
			n.first.Resolve(future.Void{})
		})
	case owner != 0:
		n.first.Resolve(future.Void{})
	}
	then(w.Event, func(zkasync.Event, error) { n.changed(w.Event) })
}

func (n *Node) isMaking() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.making
}

// changed looks again: the znode has changed or is gone, or the session is over.
func (n *Node) changed(event *future.Future[zkasync.Event]) {
	n.mu.Lock()
	current := n.event == event && !n.closed
	n.mu.Unlock()
	if current {
		n.look()
	}
}

// fail stops keeping the znode if that cannot go on.
func (n *Node) fail(err error) {
	n.mu.Lock()
	n.making = false
	closed := n.closed
	n.mu.Unlock()
	switch {
	case closed:
		n.remove()
	case over(err) || n.isNew():
		n.stop(&Error{Op: "keep", Path: n.name, Err: err})
	default: // it existed before, so it may exist again
		n.setErr(&Error{Op: "keep", Path: n.name, Err: err})
		then(core.Pause(context.Background(), n.c, keepPause), func(future.Void, error) { n.look() })
	}
}

// keepPause bounds the pause after a server has refused something.
const keepPause = 2 * time.Second

// isNew reports whether the znode has never existed.
func (n *Node) isNew() bool { return !n.first.Future().Ready() }
