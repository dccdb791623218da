package watch

import (
	"errors"
	"slices"
	"testing"

	"github.com/zkasync/zkasync-go/internal/mux"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// resume ends the pauses that have begun: with an error, as if the client stopped, or without one.
func (h *fakeHost) resume(why error) {
	pauses := h.pauses
	h.pauses = nil
	for _, then := range pauses {
		then(why)
	}
}

// placedAgain returns the request that sets a persistent watch of /a again after it was removed, already encoded.
func placedAgain(t *testing.T) (*Table, *fakeHost, mux.Request, *heard) {
	t.Helper()
	table, host := newTable("", 1<<20)
	_, plain := listen(table, "/a", Persistent)
	removal := table.Removal("/a", []Kind{Data, Exist}, false)
	removal.Depart()
	removal.Answered(0)
	again := host.take()
	if got := lines(again); !slices.Equal(got, []string{"105 /a [false false false] plain=false resync=true"}) {
		t.Fatalf("sent %q", got)
	}
	return table, host, again[0], plain
}

// A watch whose request was throttled is not there, so no read relies on it until the request was sent again.
func TestTable_ThrottledRearm(t *testing.T) {
	table, host, r, plain := placedAgain(t)
	claim := table.Read("/a", Data)
	r.Reply(wire.CodeThrottled, nil)
	if claim.Flag() || claim.Holds(Data) {
		t.Error("a read does not see that the placement is missing")
	}
	if !table.Read("/a", Data).Flag() {
		t.Error("a read relies on what is missing")
	}
	plain.want(t)
	host.resume(nil)
	sent := host.take()
	if len(sent) != 1 || sent[0] != r || line(r) == "needless" {
		t.Fatalf("sent %q", lines(sent))
	}
	r.Reply(0, nil)
	plain.want(t, "resync removed")
	if len(host.aborted) != 0 {
		t.Errorf("aborted %v", host.aborted)
	}
}

// A throttled request is not sent again on another connection, which has restored all watches.
func TestTable_ThrottledRearmIsForItsConnection(t *testing.T) {
	table, host, r, _ := placedAgain(t)
	table.Restore(1) // so that there is a connection
	line(r)
	r.Reply(wire.CodeThrottled, nil)
	table.Restore(1)
	host.resume(nil)
	if got := lines(host.take()); !slices.Equal(got, []string{"needless"}) {
		t.Errorf("sent %q", got)
	}
}

// The addWatch that waits for a throttled request completes when that has really ended, or when the client stops.
func TestTable_ThrottledRearmEndsOnce(t *testing.T) {
	for _, why := range []error{nil, errors.New("stopped")} {
		table, host := newTable("", 1<<20)
		listen(table, "/a", Recursive)
		p := table.Place(&Listener{Path: "/a", Mode: Persistent, Sink: new(heard)})
		p.Depart()
		ends := 0
		host.take()
		p.Placed(func() { ends++ })
		r := host.take()[0]
		line(r)
		r.Reply(wire.CodeThrottled, nil)
		if ends != 0 {
			t.Error("the addWatch has completed before the request was answered")
		}
		host.resume(why)
		for _, r := range host.take() {
			r.Reply(0, nil)
		}
		if ends != 1 {
			t.Errorf("%d ends after %v", ends, why)
		}
	}
}

// On servers before 3.9 the last watch of a path counts, so the requests after a throttled one are sent again after it.
func TestTable_ThrottledRestore(t *testing.T) {
	table, host := newTable("", 200)
	for _, path := range []string{"/a", "/b", "/c"} {
		read(table, path+"/with/a/long/way/to/it/so/that/each/has/a/request/of/its/own/and/more/of/that", Data)
	}
	rs := table.Restore(9)
	if len(rs) != 3 {
		t.Fatalf("%d requests", len(rs))
	}
	var sent []mux.Request
	answer := func(r mux.Request, code int32) bool {
		r.Reply(code, nil)
		return r.(mux.Step).Next(func(r mux.Request) { sent = append(sent, r) })
	}
	for i, code := range []int32{0, wire.CodeThrottled, 0} {
		if goes := answer(rs[i], code); goes != (i > 0) {
			t.Errorf("request %d: another follows: %v", i, goes)
		}
		if want := min(i, 1); i < 2 && len(host.pauses) != 0 || i == 2 && len(host.pauses) != want {
			t.Errorf("%d pauses after answer %d", len(host.pauses), i)
		}
	}
	host.resume(nil)
	if !slices.Equal(sent, rs[1:]) {
		t.Fatalf("sent %q", lines(sent))
	}
	sent = nil
	if !answer(rs[1], wire.CodeThrottled) || !answer(rs[2], wire.CodeThrottled) {
		t.Error("given up")
	}
	host.resume(nil)
	if len(sent) != 2 || answer(rs[1], 0) || answer(rs[2], 0) {
		t.Errorf("sent %q", lines(sent))
	}
	if len(host.aborted)+len(host.pauses) != 0 {
		t.Errorf("aborted %v, %d pauses", host.aborted, len(host.pauses))
	}
}

// The throttled removal of a watch is sent again, unless the watch is needed by then.
func TestTable_ThrottledRemoval(t *testing.T) {
	for _, wanted := range []bool{false, true} {
		table, host := newTable("", 1<<20)
		table.Restore(1)
		l, _ := listen(table, "/a", Persistent)
		table.Remove(l)
		r := host.take()[0]
		line(r)
		r.Reply(wire.CodeThrottled, nil)
		if wanted {
			listen(table, "/a", Persistent)
		}
		host.resume(nil)
		want := "18 /a"
		if wanted {
			want = "needless"
		}
		if got := lines(host.take()); !slices.Equal(got, []string{want}) {
			t.Errorf("sent %q, want %s", got, want)
		}
	}
}
