package cache

import (
	"testing"

	"github.com/go-zookeeper/zk"
)

// events returns slots: c is a creation, d a deletion, and x a change of the data.
func events(kinds string) (slots []*slot) {
	types := map[rune]zk.EventType{'c': zk.EventNodeCreated, 'd': zk.EventNodeDeleted, 'x': zk.EventNodeDataChanged}
	for i, kind := range kinds {
		slots = append(slots, &slot{number: uint64(i), kind: types[kind]})
	}
	return slots
}

func entry(czxid int64, version int32) *Entry {
	return &Entry{Path: "/a", Stat: zk.Stat{Czxid: czxid, Mzxid: czxid + int64(version), Version: version}}
}

// slots are the events that had come when the answer was handled; sent is how many of them had come when the read was sent.
func TestMatch(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		slots      string
		sent       int
		was, found *Entry
		doubts     bool
		at         int
	}{
		"created":                                     {"c", 1, nil, entry(10, 0), false, 0},
		"created and changed twice":                   {"cxx", 1, nil, entry(10, 2), false, 2},
		"changed":                                     {"xx", 1, entry(10, 3), entry(10, 5), false, 1},
		"deleted":                                     {"xd", 1, entry(10, 3), nil, false, 1},
		"created again before it was read":            {"dc", 2, entry(10, 0), entry(20, 0), false, 1},
		"created again while it was read":             {"dc", 1, entry(10, 0), entry(20, 0), false, 1},
		"created before, and again meanwhile":         {"cdc", 1, nil, entry(20, 0), true, 2},
		"deleted before, and created twice meanwhile": {"dcdc", 1, entry(10, 0), entry(20, 0), true, 3},
		"created twice before it was read":            {"cdc", 3, nil, entry(20, 0), false, 2},
		"deleted when it was read, and created since": {"cdc", 2, nil, entry(20, 0), false, 2},
		"the event of the creation has not come yet":  {"d", 1, entry(10, 0), entry(20, 0), false, -1},
	} {
		w := &work{slots: events(test.slots), sent: test.sent}
		if got := w.doubts(test.was, test.found); got != test.doubts {
			t.Errorf("%s: doubts %v, want %v", name, got, test.doubts)
		}
		w.doubt = doubt{}
		if got := w.match(test.was, test.found); got != test.at {
			t.Errorf("%s: at %d, want %d", name, got, test.at)
		}
	}
}

// If the repeated read finds the same znode, only events from before the first read can have created it.
func TestMatch_SettledByAnotherRead(t *testing.T) {
	t.Parallel()
	w := &work{slots: events("cdc"), sent: 1}
	if !w.doubts(nil, entry(20, 0)) {
		t.Fatal("no doubts, although the first or the second creation may be the one")
	}
	w.sent, w.slots = 3, events("cdcdc")
	if w.doubts(nil, entry(20, 0)) || w.match(nil, entry(20, 0)) != 2 {
		t.Errorf("at %d, want 2: the last creation came after the znode was first found", w.match(nil, entry(20, 0)))
	}
	if !w.doubts(nil, entry(30, 0)) {
		t.Error("no doubts about another znode, although the second or the third creation may be the one")
	}
}

// If the server sends the zxid with an event, there is no doubt.
func TestMatch_ByZxid(t *testing.T) {
	t.Parallel()
	w := &work{slots: events("cdc"), sent: 1}
	w.slots[0].zxid, w.slots[1].zxid, w.slots[2].zxid = 20, 21, 22
	if w.doubts(nil, entry(20, 0)) || w.match(nil, entry(20, 0)) != 0 {
		t.Errorf("at %d, want 0", w.match(nil, entry(20, 0)))
	}
}

// If a reply about the parent shows that a znode is gone, the deletion is reported at the znode's own event, if that came before.
func TestMatch_DeletionBelow(t *testing.T) {
	t.Parallel()
	below := &work{key: key{path: "/a/b"}, slots: events("xd")}
	l := &loop{works: map[key]*work{below.key: below}}
	late, early := &slot{number: 7}, &slot{}
	for path, test := range map[string]struct{ at, want *slot }{
		"/a/b": {late, below.slots[1]},
		"/a/c": {late, late},
	} {
		if got := l.deletion(path, test.at); got != test.want {
			t.Errorf("%s: at %+v, want %+v", path, got, test.want)
		}
	}
	if got := l.deletion("/a/b", early); got != early {
		t.Errorf("at %+v, want the parent's slot", got)
	}
}
