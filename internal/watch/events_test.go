package watch

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"
)

// deepPath returns a path of about n bytes whose names are one byte long.
func deepPath(n int) string { return strings.Repeat("/d", n/2) }

// listenersTime returns the least time in which the listeners of an event were found, and how many there are.
func listenersTime(t *placements, e zk.Event) (least time.Duration, n int) {
	least = time.Hour
	for range 5 {
		begin := time.Now()
		n = len(t.listeners(e, Place{}))
		least = min(least, time.Since(begin))
	}
	return least, n
}

// The listeners of an event are found by walking up from its path. If every prefix were looked up, one event on a path of half a
// megabyte would take seconds, in which no reply is delivered.
func TestPlacements_DeepPathsCostTheirLength(t *testing.T) {
	t.Parallel()
	const short, long = 16 << 10, 512 << 10
	var table placements
	for _, path := range []string{"/", "/d/d", "/e", deepPath(short), deepPath(long)} {
		table.activate(&Listener{Path: path, Mode: Recursive})
	}
	for i := range 100 { // maps of a few elements do not hash
		table.activate(&Listener{Path: "/f" + strconv.Itoa(i), Mode: Recursive})
	}
	few, n := listenersTime(&table, zk.Event{Type: zk.EventNodeCreated, Path: deepPath(short)})
	if n != 3 {
		t.Errorf("%d listeners of the short path, want 3", n)
	}
	many, n := listenersTime(&table, zk.Event{Type: zk.EventNodeCreated, Path: deepPath(long)})
	if n != 4 {
		t.Errorf("%d listeners of the long path, want 4", n)
	}
	// The long path has 32 times the length. It takes 32 times as long if the time is linear, 1,024 times if it is quadratic.
	if limit := 200*few + time.Millisecond; many > limit {
		t.Errorf("%v for %d bytes, %v for %d: want no more than %v", few, short, many, long, limit)
	}
}

func TestPlacements_CountsRecursiveListeners(t *testing.T) {
	t.Parallel()
	var table placements
	var subs []*Listener
	for _, path := range []string{"/", "/a", "/b", "/b", "/a/b"} {
		s := &Listener{Path: path, Mode: Recursive}
		subs = append(subs, s)
		table.activate(s)
	}
	table.activate(&Listener{Path: "/a", Mode: Persistent})
	e := zk.Event{Type: zk.EventNodeCreated, Path: "/a/b/c"}
	if hit := table.listeners(e, Place{}); len(hit) != 3 || hit[0] != subs[0] || hit[1] != subs[1] || hit[2] != subs[4] {
		t.Errorf("listeners of %s: %d, want those of /, /a and /a/b in this order", e.Path, len(hit))
	}
	table.remove(subs[1])
	table.takePath("/b")
	if hit := table.listeners(e, Place{}); len(hit) != 2 {
		t.Errorf("%d listeners after /a was removed, want 2", len(hit))
	}
	table.takeAll()
	if n := len(table.recursive); n != 0 {
		t.Errorf("%d lengths of recursive subscriptions are left of none", n)
	}
}
