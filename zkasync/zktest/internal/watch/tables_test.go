package watch

import (
	"slices"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/acl"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/release"
)

// listener records what it is told.
type listener struct {
	last uint64
	ids  []acl.Identity
	told []string
}

func (l *listener) Notice(change uint64) bool {
	news := l.last != change
	l.last = change
	return news
}

func (l *listener) Identities() []acl.Identity { return l.ids }

func (l *listener) Changed(kind zk.EventType, path string, _ int64) {
	l.told = append(l.told, kind.String()+" "+path)
}

func newTables(t *testing.T, version string) *Tables {
	t.Helper()
	b, err := release.Parse(version)
	if err != nil {
		t.Fatal(err)
	}
	return New(&b)
}

// A deletion is one change for a watcher, in whichever tables it has watches, and uses up its one-shot watches.
func TestTables_TellAWatcherOnceOfAChange(t *testing.T) {
	t.Parallel()
	w, l := newTables(t, "3.8.0"), new(listener)
	w.AddData("/a", l)
	w.AddChildren("/a", l)
	w.Deleted("/a", "/", 1, acl.Open, acl.Open)
	w.Created("/a", "/", 2, acl.Open, acl.Open)
	if want := []string{"EventNodeDeleted /a"}; !slices.Equal(l.told, want) || w.Size() != 0 {
		t.Errorf("told of %q, %d watches left; want %q and none", l.told, w.Size(), want)
	}
}

// Since ZOOKEEPER-4799, a client that may not read a znode gets no events of it. Its one-shot watches are used up anyway.
func TestTables_FilterWhatOneMayNotRead(t *testing.T) {
	t.Parallel()
	mine, _ := acl.Rules{}.Fix([]zk.ACL{{Perms: zk.PermRead, Scheme: acl.Digest, ID: "me:x"}}, nil, nil)
	for version, told := range map[string]int{"3.7.0": 2, "3.8.4": 1} {
		w := newTables(t, version)
		me, other := &listener{ids: []acl.Identity{acl.New(acl.Digest, "me:x")}}, new(listener)
		w.AddData("/a", me)
		w.AddData("/a", other)
		w.DataChanged("/a", 1, mine)
		if n := len(me.told) + len(other.told); n != told || len(me.told) != 1 || w.Size() != 0 {
			t.Errorf("%s: %d told, %d watches left; want %d and none", version, n, w.Size(), told)
		}
	}
}

// A recursive watch reports changes below its path, and stays.
func TestTables_RecursiveWatches(t *testing.T) {
	t.Parallel()
	w, l := newTables(t, "3.8.0"), new(listener)
	if code := w.Add(l, "/a", wire.AddWatchPersistentRecursive); code != wire.CodeOK {
		t.Fatal(code)
	}
	w.Created("/a/b", "/a", 1, acl.Open, acl.Open)
	w.DataChanged("/other", 2, acl.Open)
	w.DataChanged("/a/b", 3, acl.Open)
	if want := []string{"EventNodeCreated /a/b", "EventNodeDataChanged /a/b"}; !slices.Equal(l.told, want) {
		t.Errorf("told of %q, want %q", l.told, want)
	}
	w.Forget(l)
	if w.Size() != 0 {
		t.Errorf("%d watches left of one who is gone", w.Size())
	}
}
