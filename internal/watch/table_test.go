package watch

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/mux"
	"github.com/zkasync/zkasync-go/internal/wire"
)

var (
	errLoss    = errors.New("loss")
	errExpired = errors.New("expired")
	errRemoved = errors.New("removed")
	errUnknown = errors.New("unknown to the server")
)

// fakeHost is a client without a server. The test takes what is submitted, encodes it and answers it.
type fakeHost struct {
	queue     []mux.Request
	pauses    []func(error)
	zxid      int64
	aborted   []error
	unwatched []string
}

func (h *fakeHost) Submit(r mux.Request)       { h.queue = append(h.queue, r) }
func (h *fakeHost) Pause(_ int, f func(error)) { h.pauses = append(h.pauses, f) }
func (h *fakeHost) LastZxid() int64            { return h.zxid }
func (h *fakeHost) Abort(why error)            { h.aborted = append(h.aborted, why) }
func (h *fakeHost) Unwatched(path string)      { h.unwatched = append(h.unwatched, path) }
func (h *fakeHost) take() (rs []mux.Request)   { rs, h.queue = h.queue, nil; return rs }

func newTable(chroot string, most int) (*Table, *fakeHost) {
	h := &fakeHost{zxid: 7}
	return New(h, &Errors{
		Ended:    func(path string, why error) error { return fmt.Errorf("watch %s: %w", path, why) },
		Refused:  func(op wire.OpCode, path string, code int32) error { return fmt.Errorf("%v %s: %d", op, path, code) },
		Hopeless: func(losses int, b mux.Blame, cause error) error { return fmt.Errorf("hopeless: %w", cause) },
		Loss:     errLoss, Expired: errExpired, Removed: errRemoved, Unknown: errUnknown,
	}, chroot, most), h
}

// line encodes a request, as the mux would, and describes what it asks for.
func line(r mux.Request) string {
	if d, ok := r.(mux.Departing); ok && !d.Depart() {
		return "needless"
	}
	if once, again := r.Append(nil), r.Append(nil); !bytes.Equal(once, again) || len(once) > r.Size() {
		return fmt.Sprintf("%T: %x, then %x, of %d bytes", r, once, again, r.Size())
	}
	switch r := r.(type) {
	case *setWatches:
		return fmt.Sprintf("%d %d %v", r.Op(), r.zxid, r.set)
	case *rearm:
		return fmt.Sprintf("%d %s %v plain=%v resync=%v", r.Op(), r.path, r.kinds, r.plain, r.resync)
	case *unplace:
		return fmt.Sprintf("%d %s", r.Op(), r.path)
	default:
		return fmt.Sprintf("%T", r)
	}
}

func lines(rs []mux.Request) []string {
	var ls []string
	for _, r := range rs {
		ls = append(ls, line(r))
	}
	return ls
}

// heard is a sink that records its calls.
type heard struct{ log []string }

func (h *heard) Put(e zk.Event, _ int64) { h.log = append(h.log, fmt.Sprintf("%v %s", e.Type, e.Path)) }
func (h *heard) Resync(why error)        { h.log = append(h.log, "resync "+why.Error()) }
func (h *heard) End(why error)           { h.log = append(h.log, "end "+why.Error()) }

func (h *heard) want(t *testing.T, log ...string) {
	t.Helper()
	if !slices.Equal(h.log, log) {
		t.Errorf("heard %q, want %q", h.log, log)
	}
	h.log = nil
}

// listen places a lasting watch, as if the server had answered.
func listen(t *Table, path string, mode Mode) (*Listener, *heard) {
	h := new(heard)
	l := &Listener{Path: path, Mode: mode, Sink: h}
	p := t.Place(l)
	p.Depart()
	p.Placed(func() {})
	return l, h
}

func read(t *Table, path string, kind Kind) *future.Future[zk.Event] {
	return watchFor(t.Read(path, kind), path, kind)
}

func watchFor(r Read, path string, kind Kind) *future.Future[zk.Event] {
	w := newOnce(path, kind)
	r.Watch(&w.OneShot)
	return w.promise.Future()
}

func event(typ zk.EventType, path string) zk.Event { return zk.Event{Type: typ, Path: path} }

func fired(f *future.Future[zk.Event]) string {
	e, err := f.Result()
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%v %s", e.Type, e.Path)
}

func TestTable_EventsGoToThoseTheyAreFor(t *testing.T) {
	table, _ := newTable("", 1<<20)
	data, child := read(table, "/a", Data), read(table, "/a", Child)
	_, plain := listen(table, "/a", Persistent)
	_, tree := listen(table, "/", Recursive)
	table.Fire(event(zk.EventNodeDataChanged, "/a"), Place{Zxid: -1})
	if got := fired(data); got != "EventNodeDataChanged /a" {
		t.Error(got)
	}
	if child.Ready() {
		t.Error("a change of data has fired a watch of children")
	}
	plain.want(t, "EventNodeDataChanged /a")
	tree.want(t, "EventNodeDataChanged /a")
	table.Fire(event(zk.EventNodeDeleted, "/a"), Place{Zxid: -1, Replies: 1})
	if got := fired(child); got != "EventNodeDeleted /a" {
		t.Error(got)
	}
	plain.want(t, "EventNodeDeleted /a")
	tree.want(t, "EventNodeDeleted /a")
	table.Fire(event(zk.EventNodeDataChanged, "/b"), Place{Zxid: -1, Replies: 2})
	plain.want(t)
	tree.want(t, "EventNodeDataChanged /b")
}

// A change of the list of children on a path with a recursive watch is reported to a plain one exactly once, whether the server
// reports it or not.
func TestTable_ImpliedChangesAndTheirEchoes(t *testing.T) {
	for _, zxid := range []int64{-1, 12} {
		table, _ := newTable("", 1<<20)
		_, plain := listen(table, "/a", Persistent)
		_, tree := listen(table, "/a", Recursive)
		child := read(table, "/a", Child)
		at := Place{Zxid: zxid, Replies: 3}
		table.Fire(event(zk.EventNodeCreated, "/a/b"), at)
		table.Fire(event(zk.EventNodeChildrenChanged, "/a"), at)
		plain.want(t, "EventNodeChildrenChanged /a")
		tree.want(t, "EventNodeCreated /a/b")
		if got := fired(child); got != "EventNodeChildrenChanged /a" {
			t.Errorf("the echo has not fired the one-shot: %s", got)
		}
		at = Place{Zxid: zxid + 1, Replies: 4}
		table.Fire(event(zk.EventNodeChildrenChanged, "/a"), at) // because of a child that is hidden from the client
		plain.want(t, "EventNodeChildrenChanged /a")
	}
}

// A read on the path of a lasting watch leaves no watch of its own. It gets one when it can no longer rely on the lasting one.
func TestTable_ReadsRelyOnAPlacement(t *testing.T) {
	table, host := newTable("/app", 1<<20)
	if !table.Read("/a", Data).Flag() {
		t.Error("a read relies on a watch that does not exist")
	}
	l, _ := listen(table, "/a", Recursive)
	host.take()
	if !table.Read("/a", Child).Flag() {
		t.Error("a read of the children relies on a recursive watch")
	}
	kept := table.Read("/a", Data)
	if kept.Flag() || !kept.Holds(Data) {
		t.Error("a read does not rely on the placement")
	}
	watchFor(kept, "/a", Data)
	if got := lines(host.take()); got != nil {
		t.Errorf("sent %q", got)
	}
	late := table.Read("/a", Data)
	table.Remove(l)
	removal := host.take()
	if got := lines(removal); !slices.Equal(got, []string{"18 /a"}) {
		t.Fatalf("sent %q", got)
	}
	watchFor(late, "/a", Data) // the answer to a read that was encoded before
	removal[0].Reply(0, nil)
	want := "105 /a [true false false] plain=false resync=false"
	if got := lines(host.take()); !slices.Equal(got, []string{want, want}) {
		t.Errorf("sent %q", got)
	}
	if !slices.Equal(host.unwatched, []string{"/a"}) {
		t.Errorf("told of %q", host.unwatched)
	}
}

// The watch of a listener that is removed stays at the server if another listener needs it by then.
func TestTable_RemovalIsNeedlessWhenNeededAgain(t *testing.T) {
	table, host := newTable("", 1<<20)
	first, _ := listen(table, "/a", Persistent)
	table.Remove(first)
	again := &Listener{Path: "/a", Mode: Persistent, Sink: new(heard)}
	p := table.Place(again)
	p.Depart()
	if got := lines(host.take()); !slices.Equal(got, []string{"needless"}) {
		t.Errorf("sent %q", got)
	}
}

func TestTable_RefusedPlacings(t *testing.T) {
	table, host := newTable("", 1<<20)
	table.Connected("one:2181")
	p := table.Place(&Listener{Path: "/a", Mode: Persistent, Sink: new(heard)})
	p.Depart()
	claim := table.Read("/a", Data)
	p.Refused(wire.CodeUnimplemented)
	if claim.Flag() || claim.Holds(Data) {
		t.Error("the read does not see that the placement was refused")
	}
	if !table.Old() {
		t.Error("the server is not known as an old one")
	}
	if table.Connected("two:2181"); table.Old() {
		t.Error("another server is known as an old one")
	}
	host.take()
	_, live := listen(table, "/b", Persistent)
	table.Connected("one:2181")
	table.Restore(9)
	live.want(t, "end "+errUnknown.Error())
}

// Restore sets every watch, below the chroot. Recursive watches come after plain ones, and watches of children with a recursive
// watch on their path come last.
func TestTable_Restore(t *testing.T) {
	table, host := newTable("/app", 1<<20)
	read(table, "/", Data)
	read(table, "/c", Exist)
	_, plain := listen(table, "/p", Persistent)
	_, tree := listen(table, "/t", Recursive)
	read(table, "/t", Child)
	host.take()
	rs := table.Restore(42)
	want := []string{
		"105 42 {[/app] [/app/c] [] [/app/p] [/app/t]}",
		"101 42 {[] [] [/app/t] [] []}",
	}
	if got := lines(rs); !slices.Equal(got, want) {
		t.Errorf("restores %q, want %q", got, want)
	}
	plain.want(t)
	for _, r := range rs {
		r.Reply(0, nil)
	}
	plain.want(t, "resync loss")
	tree.want(t, "resync loss")
	table.Expire()
	for _, r := range table.Restore(0) {
		r.Reply(0, nil)
	}
	plain.want(t, "resync expired")
	table.Restore(1)[0].Reply(-4, nil)
	if len(host.aborted) != 1 {
		t.Errorf("aborted %v", host.aborted)
	}
}

func TestTable_RestoreKeepsToTheLimit(t *testing.T) {
	const most, count = 4 << 10, 100
	table, _ := newTable("", most)
	for i := range count {
		read(table, fmt.Sprintf("/%d/%s", i, strings.Repeat("x", 200)), Data)
	}
	for limit := most; limit >= 1<<10; limit /= 2 {
		n := 0
		for _, r := range table.Restore(1) {
			if size := len(r.Append(nil)); size > limit {
				t.Errorf("%d bytes, limit %d", size, limit)
			}
			n += len(r.(*setWatches).set.Data)
		}
		if n != count {
			t.Errorf("%d watches, want %d", n, count)
		}
		table.Restore(1)[0].Fail(mux.Failure{Reason: mux.ReasonLoss, Cause: errLoss, Blame: mux.Blame{First: true}})
	}
}

func TestTable_Removals(t *testing.T) {
	table, host := newTable("", 1<<20)
	_, plain := listen(table, "/a", Persistent)
	data := read(table, "/a", Data)
	child := read(table, "/a", Child) // relies on the persistent watch
	some := table.Removal("/a", []Kind{Data, Exist}, false)
	some.Depart()
	if !some.Answered(0) {
		t.Error("there was none")
	}
	if got := fired(data); got != "watch /a: removed" {
		t.Error(got)
	}
	again := host.take()
	if got := lines(again); !slices.Equal(got, []string{"105 /a [false false true] plain=false resync=true"}) || child.Ready() {
		t.Fatalf("sent %q", got)
	}
	again[0].Reply(0, nil)
	plain.want(t, "resync removed")
	all := table.Removal("/a", []Kind{Data, Exist, Child}, true)
	all.Depart()
	all.Answered(wire.CodeNoWatcher)
	plain.want(t, "end removed")
	if none := table.Removal("/a", []Kind{Data, Exist, Child}, true); none.Answered(wire.CodeNoWatcher) {
		t.Error("there was one")
	}
	if got := host.take(); got != nil {
		t.Errorf("sent %q", lines(got))
	}
}

// After End, a watch that a late reply adds ends at once.
func TestTable_End(t *testing.T) {
	table, _ := newTable("", 1<<20)
	before := read(table, "/a", Data)
	_, plain := listen(table, "/a", Persistent)
	r := table.Read("/b", Data)
	late := &heard{}
	p := table.Place(&Listener{Path: "/b", Mode: Persistent, Sink: late})
	p.Depart()
	table.End(errExpired)
	plain.want(t, "end expired")
	after := watchFor(r, "/b", Data)
	done := false
	p.Placed(func() { done = true })
	if late.want(t, "end expired"); !done {
		t.Error("the addWatch has not completed")
	}
	for _, f := range []*future.Future[zk.Event]{before, after} {
		if !strings.HasSuffix(fired(f), ": expired") {
			t.Error(fired(f))
		}
	}
	if table.Open(); read(table, "/a", Data).Ready() {
		t.Error("a watch that was added after a new start has ended")
	}
}

func TestTable_GiveUp(t *testing.T) {
	table, _ := newTable("", 1<<20)
	a, b := read(table, "/a", Data), read(table, "/a", Data)
	if !table.GiveUp(a) || table.GiveUp(a) || table.GiveUp(future.NewPromise[zk.Event](nil).Future()) {
		t.Error("GiveUp is not true exactly once, for the watch that was registered")
	}
	table.Fire(event(zk.EventNodeDeleted, "/a"), Place{})
	if fired(a) != "watch /a: removed" || fired(b) != "EventNodeDeleted /a" {
		t.Errorf("%s, %s", fired(a), fired(b))
	}
}
