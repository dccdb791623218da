package watch

import (
	"context"

	"github.com/zkasync/zkasync-go/internal/mux"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// setWatchesHead is the size of a request that sets watches, without its paths: length, xid, opcode, zxid and five counts.
const setWatchesHead = 40

const (
	frameSize         = 4 // the length of a frame
	requestHeaderSize = 8 // of the xid and the opcode
)

// setWatches restores watches on a new connection. The server fires at once those one-shot watches whose znode has changed since
// the zxid, and keeps the others. Persistent watches it only registers.
type setWatches struct {
	t     *Table
	whole *restoration
	again bool // the last reply requires it to be sent again
	zxid  int64
	set   wire.WatchSet
	paths []string // client paths whose subscriptions are told once this request is answered
	all   []string // client paths of all watches in set
	size  int      // upper bound of the frame's size, with its length
}

// Restore returns the requests that restore all watches on a new connection. On servers before 3.9 the last watch set on a path
// is the one that stays. It must be the persistent one, except that watches of children come after a recursive one, which does
// not cover them, see placements.
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

// restoration keeps track of the requests that restore one connection. Their order matters, so if one is throttled, all after it
// are sent again too.
type restoration struct {
	open   int      // requests without an answer
	again  []func() // each sends a request again that was throttled, or came after one
	pauses int
}

// answered is called after each answer. If the request must be sent again, again sends it; otherwise it is nil.
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
	limit    int // on the size of a request
	requests []mux.Request
	whole    restoration
	full     bool // the next path goes into a new request
}

// begin makes the next path go into a new request.
func (p *portions) begin() { p.full = true }

func (p *portions) last() *setWatches { return p.requests[len(p.requests)-1].(*setWatches) }

func (p *portions) add(path string, list func(*setWatches) *[]string) {
	full := p.t.full(path)
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

// persistent reports whether the request sets persistent watches, which servers know since 3.6.
func (s *setWatches) persistent() bool {
	return len(s.set.Persistent)+len(s.set.PersistentRecursive) > 0
}

// Op implements mux.Request. Servers before 3.6 know only the older request.
func (s *setWatches) Op() wire.OpCode {
	if s.persistent() {
		return wire.OpSetWatches2
	}
	return wire.OpSetWatches
}

func (s *setWatches) Size() int                { return s.size - frameSize - requestHeaderSize }
func (s *setWatches) Context() context.Context { return nil }

// Fail implements mux.Request. The next connection restores all watches, perhaps in smaller requests.
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

// Reply gives the connection up if the server did not accept the watches: it may accept them on another connection. A server
// that does not know persistent watches is remembered, and gets only one-shot watches from then on.
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

// Next implements mux.Step. It sends the request again if Reply has found that necessary.
func (s *setWatches) Next(goOn func(mux.Request)) bool {
	if !s.again {
		s.whole.answered(s.t, nil)
		return false
	}
	s.whole.answered(s.t, func() { goOn(s) })
	return true
}
