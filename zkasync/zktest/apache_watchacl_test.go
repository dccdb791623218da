package zktest_test

import (
	"strings"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// watchedWithACLs is a test of PersistentWatcherACLTest: a client watches a path, changes znodes of which it may read some, and is told
// only of those (ZOOKEEPER-4799). A change of children is told to clients that may read the parent.
type watchedWithACLs struct {
	name     string // of the Java test
	closed   string // the znodes that the client may not read, each as its last letter
	watched  string
	mode     int32
	steps    []string // "create /a" and so on
	expected []string // the event before the answer to each step; "" for none
}

var watchesWithACLs = []watchedWithACLs{
	{"testNothingAsAIsWatchedButDeniedBIsNotWatched", "a", "/a", wire.AddWatchPersistent,
		[]string{"set /a", "create /a/b", "set /a/b", "delete /a/b", "delete /a"},
		[]string{"", "", "", "", ""}},
	{"testNothingAsBothAAndBDenied", "ab", "/a", wire.AddWatchPersistent,
		[]string{"set /a", "create /a/b", "delete /a/b", "delete /a"},
		[]string{"", "", "", ""}},
	{"testAChangesInclChildrenAreSeen", "b", "/a", wire.AddWatchPersistent,
		[]string{"create /a", "set /a", "create /a/b", "set /a/b", "delete /a/b", "delete /a"},
		[]string{"Created(/a)", "DataChanged(/a)", "ChildrenChanged(/a)", "", "ChildrenChanged(/a)", "Deleted(/a)"}},
	{"testNothingForAAsItSDeniedBChangesSeen", "a", "/a", wire.AddWatchPersistentRecursive,
		[]string{"set /a", "create /a/b", "set /a/b", "delete /a/b", "delete /a"},
		[]string{"", "Created(/a/b)", "DataChanged(/a/b)", "Deleted(/a/b)", ""}},
	{"testNothingBothDenied", "ab", "/a", wire.AddWatchPersistentRecursive,
		[]string{"set /a", "create /a/b", "set /a/b", "delete /a/b", "delete /a"},
		[]string{"", "", "", "", ""}},
	{"testNothingAllDenied", "abc", "/a", wire.AddWatchPersistentRecursive,
		[]string{"create /a/b", "set /a/b", "create /a/b/c", "set /a/b/c", "delete /a/b/c", "delete /a/b"},
		[]string{"", "", "", "", "", ""}},
	{"testADeniesSeeAllChangesForBAndCIncludingBChildren", "a", "/a", wire.AddWatchPersistentRecursive,
		[]string{"create /a/b", "set /a/b", "create /a/b/c", "set /a/b/c", "delete /a/b/c", "delete /a/b"},
		[]string{"Created(/a/b)", "DataChanged(/a/b)", "Created(/a/b/c)", "DataChanged(/a/b/c)", "Deleted(/a/b/c)", "Deleted(/a/b)"}},
	{"testADeniesSeeAllBChangesAndBChildrenNothingForC", "ac", "/a", wire.AddWatchPersistentRecursive,
		[]string{"create /a/b", "set /a/b", "create /a/b/c", "set /a/b/c", "delete /a/b/c", "delete /a/b"},
		[]string{"Created(/a/b)", "DataChanged(/a/b)", "", "", "", "Deleted(/a/b)"}},
	{"testNothingTheWatchIsOnC", "ac", "/a/b/c", wire.AddWatchPersistentRecursive,
		[]string{"create /a/b", "set /a/b", "create /a/b/c", "set /a/b/c", "delete /a/b/c", "delete /a/b"},
		[]string{"", "", "", "", "", ""}},
	{"testTheWatchIsOnlyOnCBAndCAllowed", "a", "/a/b/c", wire.AddWatchPersistentRecursive,
		[]string{"create /a/b", "set /a/b", "create /a/b/c", "set /a/b/c", "delete /a/b/c", "delete /a/b"},
		[]string{"", "", "Created(/a/b/c)", "DataChanged(/a/b/c)", "Deleted(/a/b/c)", ""}},
}

// play carries out the steps, and returns the events before the answer to each.
func (r *watchedWithACLs) play(g *golden) (told []string) {
	g.section(r.name)
	p := g.session("A", connectAs{quiet: true})
	g.base = p.pingZxid()
	create := func(path string) {
		o := creating{}
		if strings.Contains(r.closed, path[len(path)-1:]) {
			o.acl = []zk.ACL{ace(zk.PermAll&^zk.PermRead, "world", "anyone")}
		}
		p.create(path, o)
	}
	if r.steps[0] != "create /a" {
		create("/a")
	}
	p.addWatch(r.watched, r.mode)
	for _, step := range r.steps {
		before := g.out.Len()
		switch op, path, _ := strings.Cut(step, " "); op {
		case "create":
			create(path)
		case "set":
			p.set(path, nil, -1)
		case "delete":
			p.remove(path, -1)
		}
		told = append(told, eventsIn(g.out.String()[before:]))
	}
	p.events("no more")
	if r.steps[len(r.steps)-1] != "delete /a" {
		p.remove("/a", -1)
	}
	g.end(p)
	return told
}

// eventsIn returns the events that came before an answer, as a player records them.
func eventsIn(lines string) string {
	var all []string
	for line := range strings.Lines(lines) {
		if _, event, ok := strings.Cut(line, "EVENT BEFORE REPLY "); ok {
			event, _, _ = strings.Cut(event, " ")
			all = append(all, event)
		}
	}
	return strings.Join(all, " ")
}

// Servers of releases that filter events do what the Java tests assert.
func TestApache_WatchesWithACLs_SinceEventsAreFiltered(t *testing.T) {
	t.Parallel()
	for _, version := range []string{zktest.DefaultVersion, "3.8.4", "3.9.5"} {
		g := inMemory(t, zktest.WithVersion(version))
		for _, r := range watchesWithACLs {
			told := r.play(g)
			for i, step := range r.steps {
				if told[i] != r.expected[i] {
					t.Errorf("%s: %s: %s: told %q, want %q", version, r.name, step, told[i], r.expected[i])
				}
			}
		}
	}
}
