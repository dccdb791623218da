package watch

import (
	"context"

	"github.com/zkasync/zkasync-go/internal/mux"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// rearm is a request that sets watches of one path again, on the same connection. If something has changed since the zxid, the
// server fires the one-shot watches at once, so none of them misses a change.
type rearm struct {
	t      *Table
	path   string
	kinds  [Kinds]bool // one-shot watches to be set
	zxid   int64
	resync bool   // tell subscriptions that events may have been missed
	plain  bool   // set no persistent watch; servers before 3.6 know this request too
	conn   uint64 // the number of the only connection to send it on; 0: any
	done   func() // called when the request has ended, unless it is nil
	pauses int

	// The result of placements.replace, each time the request is sent.
	mode   Mode // of the persistent watch, if placed
	placed bool
	both   bool // a plain persistent watch is set besides the recursive one
	fresh  bool // the persistent watch was not placed before
}

// Op implements mux.Request.
func (r *rearm) Op() wire.OpCode {
	if r.plain {
		return wire.OpSetWatches
	}
	return wire.OpSetWatches2
}

func (r *rearm) Size() int { return setWatchesHead + 5*(4+len(r.t.full(r.path))) }

// Fail implements mux.Request. The next connection restores all watches.
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
	full := []string{r.t.full(r.path)}
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

// again sends the request once more after a pause, because the server has not carried it out. It does so on this connection
// only, since the next one restores all watches.
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

// Again makes the server watch a path once more for its listeners, after a watch that this table does not know may have replaced
// theirs.
func (t *Table) Again(path string) { t.rearm(&rearm{path: path}) }

// rearmChildren sets the watches of the list of children again after a recursive watch was placed, which has replaced them on
// servers before 3.9.
func (t *Table) rearmChildren(path string, mode Mode, zxid int64) {
	if mode != Recursive {
		return
	}
	if kinds, _ := t.once.at(path); kinds[Child] {
		t.rearm(&rearm{path: path, zxid: zxid, plain: true}, Child)
	}
}
