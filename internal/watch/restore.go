package watch

import (
	"context"

	"github.com/zkasync/zkasync-go/internal/mux"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// setWatchesHead is the size of such a request without any path: its length, xid, opcode, zxid and five counts.
const setWatchesHead = 40

const (
	frameSize         = 4 // the length of a frame
	requestHeaderSize = 8 // of the xid and the opcode
)

// setWatches restores watches on a new connection: the server fires at once those one-shot watches whose znode has
// changed since the zxid, and keeps the rest. Of persistent watches it only takes note.
type setWatches struct {
	t     *Table
	whole *restoration
	again bool // it has to be sent again
	zxid  int64
	set   wire.WatchSet
	paths []string // client paths of the persistent watches in set, each in one request
	all   []string // client paths of all watches in set
	size  int      // of the frame at most
}

// Restore returns the requests that restore all watches on a new connection. On servers before 3.9 the last watch of a path
// stays: that must be the persistent one, but for lists of children, which no recursive watch is about, see placements.
func (t *Table) Restore(zxid int64) []mux.Request {
	if t.old.isPresent() {
		t.endAll(t.lasting.takeAll(), t.errs.Unknown)
	}
	p := &portions{t: t, zxid: zxid, limit: t.RestoreLimit()}
	placed := t.lasting.restore(t.errs.Loss)
	recursive := make(map[string]bool)
	for _, path := range placed[Recursive] {
		recursive[path] = true
	}
	var children []string // of paths with a recursive watch
	for kind := range Kinds {
		for _, path := range t.once.paths(kind) {
			if kind == Child && recursive[path] {
				children = append(children, path)
				continue
			}
			p.add(path, func(s *setWatches) *[]string { return oneShotLists(&s.set)[kind] })
		}
	}
	for mode, paths := range placed {
		for _, path := range paths {
			p.add(path, func(s *setWatches) *[]string { return persistentLists(&s.set)[mode] })
			if mode == int(Recursive) || !recursive[path] {
				p.last().paths = append(p.last().paths, path)
			}
		}
	}
	p.begin()
	for _, path := range children {
		p.add(path, func(s *setWatches) *[]string { return &s.set.Child })
	}
	return p.requests
}

// restoration is the requests of one connection. Their order counts, so when one was throttled all behind it are sent again.
type restoration struct {
	open   int      // requests in flight or to be sent
	again  []func() // send those that were throttled and those behind them
	pauses int
}

// answered is called at each answer, with what sends the request again, if that is needed.
func (w *restoration) answered(t *Table, again func()) {
	w.open--
	if again != nil {
		w.again = append(w.again, again)
	}
	if w.open > 0 || len(w.again) == 0 {
		return
	}
	w.pauses++
	t.host.Pause(w.pauses, func(why error) {
		if why != nil {
			return
		}
		send := w.again
		w.again, w.open = nil, len(send)
		for _, s := range send {
			s()
		}
	})
}

// portions divides watches among requests.
type portions struct {
	t        *Table
	zxid     int64
	limit    int // of a request
	requests []mux.Request
	whole    restoration
	full     bool
}

// begin has the next path go into another request.
func (p *portions) begin() { p.full = true }

func (p *portions) last() *setWatches { return p.requests[len(p.requests)-1].(*setWatches) }

func (p *portions) add(path string, list func(*setWatches) *[]string) {
	full := wire.FullPath(p.t.chroot, path)
	size := 4 + len(full)
	if len(p.requests) == 0 || p.full || p.last().size+size > p.limit {
		p.requests = append(p.requests, &setWatches{t: p.t, whole: &p.whole, zxid: p.zxid, size: setWatchesHead})
		p.whole.open++
		p.full = false
	}
	last := p.last()
	last.size += size
	last.all = append(last.all, path)
	l := list(last)
	*l = append(*l, full)
}

func oneShotLists(s *wire.WatchSet) [Kinds]*[]string {
	return [...]*[]string{Data: &s.Data, Exist: &s.Exist, Child: &s.Child}
}

func persistentLists(s *wire.WatchSet) [Modes]*[]string {
	return [...]*[]string{Persistent: &s.Persistent, Recursive: &s.PersistentRecursive}
}

// persistent reports whether there are watches that servers know since 3.6.
func (s *setWatches) persistent() bool {
	return len(s.set.Persistent)+len(s.set.PersistentRecursive) > 0
}

// Op implements mux.Request. Servers before 3.6 know the older request only.
func (s *setWatches) Op() wire.OpCode {
	if s.persistent() {
		return wire.OpSetWatches2
	}
	return wire.OpSetWatches
}

func (s *setWatches) Size() int                { return s.size - frameSize - requestHeaderSize }
func (s *setWatches) Context() context.Context { return nil }

// Fail implements mux.Request: the next connection restores everything, perhaps in smaller portions.
func (s *setWatches) Fail(f mux.Failure) {
	if f.Blame.First && s.t.limit.lost(s.all, f.Blame) {
		path := s.all[0]
		s.t.drop(path, []Kind{Data, Exist, Child}, true, s.t.errs.Hopeless(mux.LossesToGiveUp, f.Blame, f.Cause))
	}
}

func (s *setWatches) Append(b []byte) []byte {
	if s.persistent() {
		return wire.AppendSetWatches2(b, s.zxid, &s.set)
	}
	return wire.AppendSetWatches(b, s.zxid, &s.set)
}

// Reply gives the connection up when the server did not take the watches: on another one they may be. A server that does
// not know persistent watches gets the others only from then on.
func (s *setWatches) Reply(code int32, _ []byte) {
	s.again = code == wire.CodeThrottled || code == 0 && len(s.whole.again) > 0
	if s.again {
		return
	}
	if code != 0 {
		if code == wire.CodeUnimplemented && s.persistent() {
			s.t.old.learn()
		}
		s.t.host.Abort(s.t.errs.Refused(s.Op(), "", code))
		return
	}
	s.t.limit.restored(s.all)
	for _, path := range s.paths {
		s.t.lasting.resync(path, s.t.errs.Loss)
	}
}

// Next implements mux.Step: it has what was throttled sent again.
func (s *setWatches) Next(goOn func(mux.Request)) bool {
	if !s.again {
		s.whole.answered(s.t, nil)
		return false
	}
	s.whole.answered(s.t, func() { goOn(s) })
	return true
}
