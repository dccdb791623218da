package zktest_test

import (
	"strings"
	"testing"

	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// Since 3.9 an event has the zxid of the change, unless it makes up for what a client has missed, and all watches of a client on one path
// work side by side. The Java tests assert that the events of these sections are the ones listed here.
func TestApache_EventsHaveZxids(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		play func(*golden)
		want string
	}{
		{"WatcherFuncTest.testExistsSync", (*golden).watchedExistence, `
Created(/exists) zxid=z+1
Created(/exists/bar) zxid=z+2
DataChanged(/exists) zxid=z+5
DataChanged(/exists/bar) zxid=z+6
Deleted(/exists/bar) zxid=z+7
Deleted(/exists) zxid=z+8`},
		{"WatcherFuncTest.testGetDataSync", (*golden).watchedData, `
DataChanged(/data) zxid=z+3
DataChanged(/data/bar) zxid=z+4
Deleted(/data/bar) zxid=z+5
Deleted(/data) zxid=z+6`},
		{"WatcherFuncTest.testGetChildrenSync", (*golden).watchedChildren, `
ChildrenChanged(/kids) zxid=z+2
Deleted(/kids/bar) zxid=z+5
ChildrenChanged(/kids) zxid=z+5
Deleted(/kids) zxid=z+6`},
		{"PersistentRecursiveWatcherTest.testBasic", (*golden).recursiveWatch, `
Created(/deep/b) zxid=z+2
Created(/deep/b/c) zxid=z+3
Created(/deep/b/c/d) zxid=z+4
Created(/deep/b/c/d/e) zxid=z+5
DataChanged(/deep/b/c/d/e) zxid=z+6
Deleted(/deep/b/c/d/e) zxid=z+7
Created(/deep/b/c/d/e) zxid=z+8`},
		{"PersistentRecursiveWatcherTest.testNoChildEvents", (*golden).recursiveWatchHasNoChildEvents, `
Created(/beside/b) zxid=z+2
ChildrenChanged(/beside) zxid=z+2
Created(/beside/b/c) zxid=z+3`},
		{"PersistentRecursiveWatcherTest.testSamePathWithDifferentWatchModes", (*golden).oneNodeInAllModes, `
Created(/modes) zxid=z+1
DataChanged(/modes) zxid=z+2
Created(/modes/b) zxid=z+3
ChildrenChanged(/modes) zxid=z+3
Deleted(/modes/b) zxid=z+4
ChildrenChanged(/modes) zxid=z+4
Deleted(/modes) zxid=z+5`},
		{"WatchEventWhenAutoResetTest", (*golden).missedWhileAway, `
DataChanged(/away) zxid=-1
Created(/away/new) zxid=-1
Deleted(/away/new) zxid=-1
Deleted(/away/new) zxid=-1
ChildrenChanged(/away) zxid=-1
DataChanged(/away) zxid=z+8
ChildrenChanged(/away) zxid=z+9`},
	} {
		g := inMemory(t, zktest.WithVersion("3.9.5"))
		tt.play(g)
		if got := events(g.out.String()); got != strings.TrimSpace(tt.want) {
			t.Errorf("%s: events\n%s\nwant%s", tt.name, got, tt.want)
		}
	}
}

// events returns the events that players have recorded, one a line.
func events(lines string) string {
	var all []string
	for line := range strings.Lines(lines) {
		_, event, ok := strings.Cut(line, "-> event ")
		if !ok {
			_, event, ok = strings.Cut(line, "EVENT BEFORE REPLY ")
		}
		if ok {
			all = append(all, strings.Replace(strings.TrimSpace(event), " state=3", "", 1))
		}
	}
	return strings.Join(all, "\n")
}
