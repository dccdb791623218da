package recipe

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// Node is a znode that is there for as long as its client is, and holds what it is to hold: it is made again when its session has
// ended, when somebody has deleted it, and with its parents when these are gone (Curator: PersistentNode). It takes no goroutine.
// It is safe for concurrent use.
type Node struct {
	c    *zkasync.Client
	path string
	cfg  config

	first *future.Promise[future.Void] // completes when it is there for the first time, or cannot be
	there *future.Future[future.Void]

	mu      sync.Mutex
	data    []byte
	changes int   // of data
	owner   int64 // the session whose znode is there, 0: none that is ours
	event   *future.Future[zk.Event]
	closed  bool
}

// KeepNode makes an ephemeral znode and keeps it there until [Node.Close]. When another session has a znode of that path, it waits
// for its end: a program that is started anew takes the place of the one before when that one's session is over.
func KeepNode(c *zkasync.Client, path string, data []byte, opts ...Option) *Node {
	n := &Node{c: c, path: path, cfg: newConfig(opts), data: bytes.Clone(data)}
	n.first = future.NewPromise[future.Void](nil)
	n.there = onHandler(c, n.first.Future())
	if n.cfg.err != nil {
		n.stop(n.cfg.err)
		return n
	}
	n.create()
	return n
}

// Path is where it is.
func (n *Node) Path() string { return n.path }

// Ready completes when the znode is there for the first time. It fails when it cannot be made: the path is bad, a permission is
// missing, the client was closed. Nothing is kept then.
func (n *Node) Ready() *future.Future[future.Void] { return n.there }

// SetData sets what the znode is to hold, now and whenever it is made again. The future completes when it holds that, or later data,
// or is not there and will be made with it.
func (n *Node) SetData(data []byte) *future.Future[future.Void] {
	n.mu.Lock()
	n.data = bytes.Clone(data)
	n.changes++
	n.mu.Unlock()
	return future.FlatMap(n.there, func(future.Void) *future.Future[future.Void] { return n.write() })
}

// Close deletes the znode, if it is there, and ends the keeping. The future completes when it is gone.
func (n *Node) Close() *future.Future[future.Void] {
	owner := n.stop(&Error{Op: "keep", Path: n.path, Err: ErrReleased})
	if owner == 0 {
		return onHandler(n.c, future.Resolved(future.Void{}))
	}
	gone := zkasync.Retry(zkasync.MarkIdempotent(context.Background()), n.c, patient, func(ctx context.Context) *future.Future[future.Void] {
		if n.c.Session().ID != owner { // it went with its session, and what is there now is somebody else's
			return future.Resolved(future.Void{})
		}
		return n.c.Delete(ctx, n.path, zkasync.AnyVersion)
	})
	return future.Recover(gone, func(err error) (future.Void, error) {
		if isNoNode(err) || errors.Is(err, zkasync.ErrSessionExpired) || over(err) {
			err = nil
		}
		return future.Void{}, err
	})
}

// stop ends the keeping, and returns whose znode may be there.
func (n *Node) stop(why error) (owner int64) {
	n.mu.Lock()
	n.closed = true
	owner, n.owner = n.owner, 0
	event := n.event
	n.mu.Unlock()
	if event != nil {
		n.c.Unwatch(event)
	}
	n.first.Reject(why)
	return owner
}

// create makes the znode, as far as is known it is not there.
func (n *Node) create() {
	n.mu.Lock()
	data, changes, closed := n.data, n.changes, n.closed
	n.mu.Unlock()
	if closed {
		return
	}
	opts := n.cfg.createOptions(zkasync.Ephemeral())
	ask(n.c, func(ctx context.Context) *future.Future[zkasync.Created] {
		return n.c.Create(ctx, n.path, data, opts...)
	},
		func(made zkasync.Created, err error) {
			switch {
			case err == nil:
				n.made(made.Stat.EphemeralOwner, changes)
			case errors.Is(err, zk.ErrNodeExists):
				n.look()
			case errors.Is(err, zkasync.ErrSessionExpired):
				n.create()
			default:
				n.fail(err)
			}
		})
}

// made notes that the znode is there, and watches it. Changes is how often the data that it holds had been set.
func (n *Node) made(owner int64, changes int) {
	n.mu.Lock()
	n.owner = owner
	late, closed := n.changes != changes, n.closed
	n.mu.Unlock()
	switch {
	case closed:
		n.Close()
	case late:
		then(n.write(), func(future.Void, error) { n.look() })
	default:
		n.look()
	}
}

// look finds out what is there, and has its end noticed.
func (n *Node) look() {
	ask(n.c, func(ctx context.Context) *future.Future[zkasync.Watched[*zk.Stat]] { return n.c.ExistsW(ctx, n.path) }, n.looked)
}

func (n *Node) looked(w zkasync.Watched[*zk.Stat], err error) {
	if err != nil {
		n.fail(err)
		return
	}
	own := w.Value != nil && w.Value.EphemeralOwner == n.c.Session().ID
	n.mu.Lock()
	adopted := own && n.owner != w.Value.EphemeralOwner // an earlier create's whose answer was lost
	n.owner = 0
	if own {
		n.owner = w.Value.EphemeralOwner
	}
	closed := n.closed
	n.event = w.Event
	n.mu.Unlock()
	switch {
	case closed:
		n.c.Unwatch(w.Event)
		n.Close()
		return
	case w.Value == nil:
		n.c.Unwatch(w.Event)
		n.create()
		return
	case adopted:
		then(n.write(), func(_ future.Void, err error) {
			if err == nil {
				n.first.Resolve(future.Void{})
			}
		})
	case own:
		n.first.Resolve(future.Void{})
	}
	then(w.Event, func(zk.Event, error) { n.changed(w.Event) })
}

// changed looks again: the znode has changed or is gone, or the session is over.
func (n *Node) changed(event *future.Future[zk.Event]) {
	n.mu.Lock()
	current := n.event == event && !n.closed
	n.mu.Unlock()
	if current {
		n.look()
	}
}

// write has the znode hold the present data.
func (n *Node) write() *future.Future[future.Void] {
	written := zkasync.Retry(zkasync.MarkIdempotent(context.Background()), n.c, patient, func(ctx context.Context) *future.Future[zk.Stat] {
		n.mu.Lock()
		data, owner := n.data, n.owner
		n.mu.Unlock()
		if owner == 0 || owner != n.c.Session().ID { // it will be made with this data
			return future.Resolved(zk.Stat{})
		}
		return n.c.Set(ctx, n.path, data, zkasync.AnyVersion)
	})
	return future.FlatMap(future.Settle(written), func(rs []future.Result[zk.Stat]) *future.Future[future.Void] {
		if err := rs[0].Err; err != nil && !isNoNode(err) && !errors.Is(err, zkasync.ErrSessionExpired) {
			return future.Failed[future.Void](err)
		}
		return future.Resolved(future.Void{})
	})
}

// fail ends the keeping: it cannot go on.
func (n *Node) fail(err error) {
	if over(err) || errors.Is(err, zk.ErrNoAuth) || n.isNew() {
		n.stop(&Error{Op: "keep", Path: n.path, Err: err})
		return
	}
	time.AfterFunc(keepPause, n.look) // it was there before, so it may be again
}

// keepPause is how long a server that refuses to make a znode anew is left alone.
const keepPause = time.Second

// isNew reports whether the znode was never there.
func (n *Node) isNew() bool { return !n.first.Future().Ready() }
