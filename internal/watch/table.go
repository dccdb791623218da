package watch

import (
	"sync/atomic"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/mux"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// Host is the client as the table needs it.
type Host interface {
	// Submit sends a request.
	Submit(mux.Request)
	// Pause calls then after the wait before what was throttled is asked again for the nth time, with an error if the client
	// stops before.
	Pause(n int, then func(error))
	// LastZxid is that of the last answer.
	LastZxid() int64
	// Abort gives the connection up: it is not known what the server watches.
	Abort(why error)
	// Unwatched tells that the server has removed watches of a path.
	Unwatched(path string)
}

// Errors are the client's words for what happens to watches.
type Errors struct {
	Ended    func(path string, why error) error                  // of a watch that ends
	Refused  func(op wire.OpCode, path string, code int32) error // of a request of the table's own
	Hopeless func(losses int, b mux.Blame, cause error) error    // of watches that no server takes
	Loss     error                                               // the connection was lost
	Expired  error                                               // the session is over
	Removed  error                                               // somebody has removed the watch
	Unknown  error                                               // the server does not know lasting watches
}

// Table holds everything that waits for watch events. It is safe for concurrent use.
type Table struct {
	host   Host
	errs   *Errors
	chroot string
	most   int // bytes of a request

	once    oneShots
	lasting placements
	old     oldServers
	limit   restoreLimit
	over    atomic.Pointer[error] // why all have ended, and so does what is added
}

// New makes an empty table for paths below chroot, whose requests have most bytes at the most.
func New(host Host, errs *Errors, chroot string, most int) *Table {
	t := &Table{host: host, errs: errs, chroot: chroot, most: most}
	t.once.ended = errs.Ended
	return t
}

// Open is called at the start of a client: watches may be added.
func (t *Table) Open() {
	t.over.Store(nil)
	t.old.forget()
}

// Connected is called with the address of the server of each new connection, before Restore, and with none when it is lost.
func (t *Table) Connected(server string) { t.old.connected(server) }

// Old reports whether the present server is known not to know lasting watches.
func (t *Table) Old() bool { return t.old.isPresent() }

// Fire delivers an event of the server: to one-shot watches first, then to listeners, each in the order of their
// registration. The server sends one event per change, however many watches it is for.
func (t *Table) Fire(e zk.Event, at Place) {
	t.once.fire(e, at.Zxid)
	for _, l := range t.lasting.listeners(e, at) {
		l.Sink.Put(e, at.Zxid)
	}
	parent, hit := t.lasting.implied(e, at)
	for _, l := range hit {
		l.Sink.Put(zk.Event{Type: zk.EventNodeChildrenChanged, State: e.State, Path: parent}, at.Zxid)
	}
}

// Expire ends the one-shot watches of a session that is over. Listeners go over to the next session.
func (t *Table) Expire() {
	t.once.failAll(t.errs.Expired)
	t.lasting.sessionReplaced(t.errs.Expired)
}

// End ends all watches: one-shots, then listeners, each in the order of their registration. What is added from then on ends at
// once, until Open.
func (t *Table) End(why error) {
	t.over.Store(&why)
	t.once.failAll(why)
	t.endAll(t.lasting.takeAll(), why)
}

func (t *Table) endAll(ls []*Listener, why error) {
	for _, l := range ls {
		l.Sink.End(why)
	}
}

// drop ends all watches of a path; false if there were none.
func (t *Table) drop(path string, kinds []Kind, listeners bool, why error) bool {
	once := t.once.take(path, kinds...)
	for _, w := range once {
		w.Waiter.End(t.errs.Ended(path, why))
	}
	if !listeners {
		return len(once) > 0
	}
	ls := t.lasting.takePath(path)
	t.endAll(ls, why)
	return len(once)+len(ls) > 0
}

// GiveUp ends a one-shot watch that is no longer wanted; false when none is registered by that key.
func (t *Table) GiveUp(key any) bool { return t.once.fail(key, t.errs.Removed) }

// RestoreLimit is how large requests that restore watches may be at present, in bytes.
func (t *Table) RestoreLimit() int { return t.limit.size(t.most) }

// ShrinkRestore makes them smaller: the connection was lost at one.
func (t *Table) ShrinkRestore() { t.limit.shrink() }

// Counts counts the one-shot watches that have not fired, and the listeners.
func (t *Table) Counts() (oneShots, listeners int) { return t.once.count(), t.lasting.count() }
