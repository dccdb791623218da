package watch

import (
	"context"

	"github.com/zkasync/zkasync-go/internal/mux"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// Removal is the claim of a request that removes watches of a path.
type Removal struct {
	t     *Table
	path  string
	kinds []Kind // one-shot watches
	all   bool   // listeners as well
	conn  uint64 // the connection that it was encoded for, as placements counts them; 0: it was not
}

// Removal begins a claim, for one-shot watches of some kinds and perhaps all listeners.
func (t *Table) Removal(path string, kinds []Kind, all bool) Removal {
	return Removal{t: t, path: path, kinds: kinds, all: all}
}

// Depart is called right before the request is encoded, each time that it is sent.
func (r *Removal) Depart() { r.conn = r.t.lasting.unplace(r.path) }

// Answered ends the watches here, if the server has removed its own or had none. It reports whether there were any.
func (r *Removal) Answered(code int32) (had bool) {
	r.t.host.Unwatched(r.path)
	if code == 0 || code == wire.CodeNoWatcher {
		had = r.t.drop(r.path, r.kinds, r.all, r.t.errs.Removed)
	} // else what the request did to the placement is not known
	r.again(0)
	return had
}

// Failed is called when it ends without an answer. An attempt that was throttled and is not repeated has removed nothing, but
// reads have not relied on the persistent watch since, and theirs may have taken its place.
func (r *Removal) Failed(f mux.Failure) {
	if r.conn != 0 && f.Reason == mux.ReasonContext {
		r.again(r.conn)
	}
}

// again places what listeners still need, and what one-shot watches do that have relied on it.
func (r *Removal) again(conn uint64) {
	if r.t.lasting.unplaced(r.path) {
		kinds, _ := r.t.once.at(r.path)
		r.t.rearm(&rearm{path: r.path, kinds: kinds, zxid: r.t.host.LastZxid(), resync: true, conn: conn})
	}
}

// Remove takes a listener out, if it is in, and does not tell it. When it was the last one on its path, the server is told to
// remove the watch, which nothing waits for.
func (t *Table) Remove(l *Listener) {
	if t.lasting.remove(l) {
		t.unplace(l.Path)
	}
}

// unplace has the server remove the persistent watch of a path that nobody needs any more, if it has one. Nobody waits for it.
func (t *Table) unplace(path string) {
	if t.lasting.isUnwanted(path, 0) {
		t.host.Submit(&unplace{t: t, path: path})
	}
}

// unplace is that request.
type unplace struct {
	t      *Table
	path   string
	conn   uint64 // that it was throttled on; 0: it was not
	pauses int
}

func (u *unplace) Op() wire.OpCode          { return wire.OpRemoveWatches }
func (u *unplace) Size() int                { return 8 + wire.PathLen(u.t.chroot, u.path) }
func (u *unplace) Context() context.Context { return nil }
func (u *unplace) Fail(mux.Failure)         {}

// Depart lets the request go only if the placement is there and unwanted at the moment when it would be written: another
// listener may have come, or another connection. After it was throttled the placement is there as far as the server knows.
func (u *unplace) Depart() bool {
	if !u.t.lasting.isUnwanted(u.path, u.conn) {
		return false
	}
	u.conn = u.t.lasting.unplace(u.path)
	return true
}

func (u *unplace) Append(b []byte) []byte {
	return wire.AppendRemoveWatches(b, u.t.chroot, u.path, wire.WatcherAny)
}

// Reply sets the one-shot watches of the path again: their events came with the placement up to here, or the server has
// removed them along with it.
func (u *unplace) Reply(code int32, _ []byte) {
	if code == wire.CodeThrottled {
		u.again()
		return
	}
	u.t.host.Unwatched(u.path)
	u.t.lasting.unplaced(u.path)
	if kinds, any := u.t.once.at(u.path); any {
		u.t.host.Submit(&rearm{t: u.t, path: u.path, kinds: kinds, zxid: u.t.host.LastZxid()})
	}
}

func (u *unplace) again() {
	u.pauses++
	u.t.host.Pause(u.pauses, func(why error) {
		if why == nil {
			u.t.host.Submit(u)
		}
	})
}
