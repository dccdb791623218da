package watch

import (
	"context"

	"github.com/zkasync/zkasync-go/internal/mux"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// rearm sets watches of one path again, on the same connection. The server fires one-shot watches at once if something has
// changed since the zxid, so none of them misses a change.
type rearm struct {
	t      *Table
	path   string
	kinds  [Kinds]bool // one-shot watches to be set
	zxid   int64
	resync bool   // tell subscriptions that there was a gap
	plain  bool   // leave the persistent watch alone; servers before 3.6 know that request
	conn   uint64 // the only connection that it is for, as placements counts them; 0: any
	done   func() // called at its end, unless it is nil
	pauses int

	// What it claims when it is sent.
	mode   Mode // of the persistent watch, if placed
	placed bool
	both   bool // a recursive watch needs one of the list of children beside it
	fresh  bool // the server did not have it before
}

// Op implements mux.Request.
func (r *rearm) Op() wire.OpCode {
	if r.plain {
		return wire.OpSetWatches
	}
	return wire.OpSetWatches2
}

func (r *rearm) Size() int { return setWatchesHead + 5*(4+wire.PathLen(r.t.chroot, r.path)) }

// Fail implements mux.Request: the next connection restores everything.
func (r *rearm) Fail(mux.Failure) { r.end() }

func (r *rearm) end() {
	if r.done != nil {
		r.done()
	}
}

func (r *rearm) Context() context.Context { return nil }

// Depart implements mux.Departing.
func (r *rearm) Depart() bool {
	if r.conn != 0 && r.conn != r.t.lasting.connection() {
		return false
	}
	if !r.plain {
		r.mode, r.both, r.fresh, r.placed = r.t.lasting.replace(r.path)
	}
	return true
}

func (r *rearm) Append(b []byte) []byte {
	full := []string{wire.FullPath(r.t.chroot, r.path)}
	set := new(wire.WatchSet)
	for kind, list := range oneShotLists(set) {
		if r.kinds[kind] {
			*list = full
		}
	}
	if r.plain {
		return wire.AppendSetWatches(b, r.zxid, set)
	}
	if r.placed {
		*persistentLists(set)[r.mode] = full
	}
	if r.both {
		set.Persistent = full
	}
	return wire.AppendSetWatches2(b, r.zxid, set)
}

func (r *rearm) Reply(code int32, _ []byte) {
	if code == wire.CodeThrottled {
		r.again()
		return
	}
	defer r.end()
	if code != 0 {
		r.t.host.Abort(r.t.errs.Refused(r.Op(), r.path, code))
		return
	}
	if !r.placed {
		return
	}
	if r.resync {
		r.t.lasting.resync(r.path, r.t.errs.Removed)
	}
	zxid := r.zxid
	if !r.kinds[Child] {
		zxid = r.t.host.LastZxid()
	}
	r.t.rearmChildren(r.path, r.mode, zxid)
}

// again sends the request once more after a pause: the server has dropped it. The next connection restores everything.
func (r *rearm) again() {
	if r.fresh {
		r.t.lasting.displace(r.path)
		r.resync = true
	}
	r.conn = r.t.lasting.connection()
	r.pauses++
	r.t.host.Pause(r.pauses, func(why error) {
		if why != nil {
			r.end()
			return
		}
		r.t.host.Submit(r)
	})
}

// Again makes the server watch a path once more for its listeners: the watch of somebody else may have taken the place.
func (t *Table) Again(path string) { t.rearm(&rearm{path: path}) }

// rearmChildren sets the watches of the list of children again after a recursive watch was placed: on servers before 3.9
// it has taken their place.
func (t *Table) rearmChildren(path string, mode Mode, zxid int64) {
	if mode != Recursive {
		return
	}
	if kinds, _ := t.once.at(path); kinds[Child] {
		t.rearm(&rearm{path: path, zxid: zxid, plain: true}, Child)
	}
}
