package watch

import (
	"sync/atomic"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/mux"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// Host is what the table needs from the client.
type Host interface {
	// Submit sends a request.
	Submit(mux.Request)
	// Pause calls then when it is time to send a throttled request again for the nth time, or with an error if the client
	// stops first.
	Pause(n int, then func(error))
	// LastZxid returns the highest zxid of any reply.
	LastZxid() int64
	// Abort gives the connection up, because it is not known what the server watches.
	Abort(why error)
	// Unwatched is called when the server may have removed watches of a path.
	Unwatched(path string)
}

// Errors are the client's errors for what happens to watches.
type Errors struct {
	Ended    func(path string, why error) error                  // a one-shot watch has ended without an event
	Refused  func(op wire.OpCode, path string, code int32) error // the server has refused a request of the table
	Hopeless func(losses int, b mux.Blame, cause error) error    // every connection is lost when these watches are restored
	Loss     error                                               // the connection was lost
	Expired  error                                               // the session is over
	Removed  error                                               // the watch was removed
	Unknown  error                                               // the server does not know lasting watches
}

// Table holds the watches of a client. It is safe for concurrent use.
type Table struct {
	host   Host
	errs   *Errors
	chroot string
	most   int // the largest request, in bytes

	once    oneShots
	lasting placements
	old     oldServers
	limit   restoreLimit
	over    atomic.Pointer[error] // set by End: why every watch that is added ends at once
}

// New returns an empty table for paths below chroot. Its requests that restore watches have at most most bytes.
func New(host Host, errs *Errors, chroot string, most int) *Table {
	t := &Table{host: host, errs: errs, chroot: chroot, most: most}
	t.once.ended = errs.Ended
	return t
}

// Open is called when the client starts. Watches can be added from then on.
func (t *Table) Open() {
	t.over.Store(nil)
	t.old.forget()
}

// Connected is called with the server's address at each new connection, before Restore, and with "" when the connection is lost.
func (t *Table) Connected(server string) { t.old.connected(server) }

// Old reports whether the present server is known not to know lasting watches.
func (t *Table) Old() bool { return t.old.isPresent() }

// Fire delivers an event from the server: first to one-shot watches, then to listeners, each in the order of registration. The
// server sends one event for each change and path, however many watches it is for.
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

// Expire is called when the session is over. One-shot watches end; listeners are carried over to the next session.
func (t *Table) Expire() {
	t.once.failAll(t.errs.Expired)
	t.lasting.sessionReplaced(t.errs.Expired)
}

// End ends all watches: one-shot watches first, then listeners, each in the order of registration. Until the next Open, every
// watch that is added ends at once.
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

// drop ends the one-shot watches of a path of the given kinds, and its listeners if listeners is true. It returns false if there
// were none.
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

// GiveUp ends a one-shot watch that is no longer wanted. It returns false if none is registered with this key.
func (t *Table) GiveUp(key any) bool { return t.once.fail(key, t.errs.Removed) }

// RestoreLimit returns how large a request that restores watches may be at present, in bytes.
func (t *Table) RestoreLimit() int { return t.limit.size(t.most) }

// ShrinkRestore lowers that limit, because the connection was lost at such a request.
func (t *Table) ShrinkRestore() { t.limit.shrink() }

// Counts returns the number of one-shot watches that have not fired, and the number of listeners.
func (t *Table) Counts() (oneShots, listeners int) { return t.once.count(), t.lasting.count() }
