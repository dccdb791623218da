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
	kinds []Kind // of the one-shot watches to remove
	all   bool   // remove the listeners too
	conn  uint64 // the number of the connection that it was last encoded for; 0: none
}

// Removal makes the claim of a request that removes one-shot watches of some kinds, and perhaps all listeners.
func (t *Table) Removal(path string, kinds []Kind, all bool) Removal {
	return Removal{t: t, path: path, kinds: kinds, all: all}
}

// Depart is called right before the request is encoded, each time it is sent.
func (r *Removal) Depart() { r.conn = r.t.lasting.unplace(r.path) }

// Answered is called with the server's answer. It ends the watches here if the server has removed its own or had none, and
// reports whether there were any.
func (r *Removal) Answered(code int32) (had bool) {
	r.t.host.Unwatched(r.path)
	if code == 0 || code == wire.CodeNoWatcher {
		had = r.t.drop(r.path, r.kinds, r.all, r.t.errs.Removed)
	} // otherwise it is not known what the request did to the placement
	r.again(0)
	return had
}

// Failed is called when the request ends without an answer. If it was throttled and then given up, it has removed nothing; but
// since then reads have left watches of their own, which may have replaced the persistent one.
func (r *Removal) Failed(f mux.Failure) {
	if r.conn != 0 && f.Reason == mux.ReasonContext {
		r.again(r.conn)
	}
}

// again sets the persistent watch again if listeners still need it, and the one-shot watches that relied on it.
func (r *Removal) again(conn uint64) {
	if r.t.lasting.unplaced(r.path) {
		kinds, _ := r.t.once.at(r.path)
		r.t.rearm(&rearm{path: r.path, kinds: kinds, zxid: r.t.host.LastZxid(), resync: true, conn: conn})
	}
}

// Remove removes a listener, if it is registered, without calling its sink. If it was the last one on its path, the server is
// told to remove the watch; nobody waits for that.
func (t *Table) Remove(l *Listener) {
	if t.lasting.remove(l) {
		t.unplace(l.Path)
	}
}

// unplace tells the server to remove the persistent watch of a path, if there is one and it is no longer needed.
func (t *Table) unplace(path string) {
	if t.lasting.isUnwanted(path, 0) {
		t.host.Submit(&unplace{t: t, path: path})
	}
}

// unplace is the request that removes a persistent watch that is no longer needed.
type unplace struct {
	t      *Table
	path   string
	conn   uint64 // the number of the connection that it was last encoded for; 0: none
	pauses int
}

func (u *unplace) Op() wire.OpCode          { return wire.OpRemoveWatches }
func (u *unplace) Size() int                { return 8 + len(u.t.full(u.path)) }
func (u *unplace) Context() context.Context { return nil }
func (u *unplace) Fail(mux.Failure)         {}

// Depart lets the request go only if the placement is still there and not needed: another listener may have come, or another
// connection. If the request was throttled on this connection, the server still has the placement.
func (u *unplace) Depart() bool {
	if !u.t.lasting.isUnwanted(u.path, u.conn) {
		return false
	}
	u.conn = u.t.lasting.unplace(u.path)
	return true
}

func (u *unplace) Append(b []byte) []byte {
	chroot, path := u.t.rooted(u.path)
	return wire.AppendRemoveWatches(b, chroot, path, wire.WatcherAny)
}

// Reply sets the one-shot watches of the path again: they relied on the placement, or the server has removed them with it.
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
