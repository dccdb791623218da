package cache

import (
	"testing"

	"github.com/go-zookeeper/zk"
)

// events makes slots: c is a creation, d a deletion, x a change of the data.
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

// Which event made what was found, by what had come when the read was sent and by what had come when its answer was dealt with.
func TestMatch(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		slots      string
		sent       int
		was, found *Entry
		doubts     bool
		at         int
	}{
		"made":                                   {"c", 1, nil, entry(10, 0), false, 0},
		"made and changed twice":                 {"cxx", 1, nil, entry(10, 2), false, 2},
		"changed":                                {"xx", 1, entry(10, 3), entry(10, 5), false, 1},
		"deleted":                                {"xd", 1, entry(10, 3), nil, false, 1},
		"made again before it was read":          {"dc", 2, entry(10, 0), entry(20, 0), false, 1},
		"made again while it was read":           {"dc", 1, entry(10, 0), entry(20, 0), false, 1},
		"made before, and again meanwhile":       {"cdc", 1, nil, entry(20, 0), true, 2},
		"gone before, and made twice meanwhile":  {"dcdc", 1, entry(10, 0), entry(20, 0), true, 3},
		"made twice before it was read":          {"cdc", 3, nil, entry(20, 0), false, 2},
		"gone when it was read, and made since":  {"cdc", 2, nil, entry(20, 0), false, 2},
		"what was made has not been told of yet": {"d", 1, entry(10, 0), entry(20, 0), false, -1},
	} {
		w := &work{slots: events(test.slots), sent: test.sent}
		if got := w.doubts(test.was, test.found); got != test.doubts {
			t.Errorf("%s: doubtful %v, want %v", name, got, test.doubts)
		}
		w.doubt = doubt{}
		if got := w.match(test.was, test.found); got != test.at {
			t.Errorf("%s: at %d, want %d", name, got, test.at)
		}
	}
}

// A read that was made again finds the same, however often the znode has been made since.
func TestMatch_SettledByAnotherRead(t *testing.T) {
	t.Parallel()
	w := &work{slots: events("cdc"), sent: 1}
	if !w.doubts(nil, entry(20, 0)) {
		t.Fatal("it was the first or the second")
	}
	w.sent, w.slots = 3, events("cdcdc")
	if w.doubts(nil, entry(20, 0)) || w.match(nil, entry(20, 0)) != 2 {
		t.Errorf("at %d, want 2: the last one had not been made when it was found first", w.match(nil, entry(20, 0)))
	}
	if !w.doubts(nil, entry(30, 0)) {
		t.Error("another one was the second or the third")
	}
}

// The zxid of an event, where the servers tell it, leaves no doubt.
func TestMatch_ByZxid(t *testing.T) {
	t.Parallel()
	w := &work{slots: events("cdc"), sent: 1}
	w.slots[0].zxid, w.slots[1].zxid, w.slots[2].zxid = 20, 21, 22
	if w.doubts(nil, entry(20, 0)) || w.match(nil, entry(20, 0)) != 0 {
		t.Errorf("at %d, want 0", w.match(nil, entry(20, 0)))
	}
}

// What was read to be gone with its parent has its own event's place, if that came before.
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
		t.Errorf("at %+v, want the parent's place", got)
	}
}
