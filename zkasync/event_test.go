package zkasync_test

import (
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// Servers since 3.9 send the zxid of a change with its event. All events have it: of one-shot watches, of subscriptions, and
// implied ones.
func TestEvent_Zxid(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		version string
		tells   bool
	}{{"3.8.0", false}, {"3.9.5", true}} {
		t.Run(test.version, func(t *testing.T) {
			t.Parallel()
			s := zktest.Run(t, zktest.WithVersion(test.version))
			c := connect(t, s.Addr(), s.Options()...)
			once := must(t, c.ExistsW(t.Context(), "/a/b")).Event
			must(t, c.Create(t.Context(), "/a", nil))
			tree := must(t, c.AddWatch(t.Context(), "/a", zkasync.PersistentRecursive))
			one := must(t, c.AddWatch(t.Context(), "/a", zkasync.Persistent))
			must(t, c.Create(t.Context(), "/a/b", nil))
			want := int64(0)
			if test.tells {
				want = must(t, c.Exists(t.Context(), "/a/b")).Czxid
			}
			for name, e := range map[string]zkasync.Event{
				"one-shot": must(t, once), "recursive": nextEvents(t, tree, 1)[0], "list of children": nextEvents(t, one, 1)[0],
			} {
				if e.Zxid != want || e.Resync || e.Err != nil {
					t.Errorf("%s: %+v, want zxid %#x", name, e, want)
				}
			}
		})
	}
}

func TestEvent_String(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]zkasync.Event{
		"EventNodeDeleted /a":         {Event: zk.Event{Type: zk.EventNodeDeleted, Path: "/a"}},
		`EventNodeCreated "/a\n"`:     {Event: zk.Event{Type: zk.EventNodeCreated, Path: "/a\n"}},
		"Resync /a (connection lost)": {Event: zk.Event{Path: "/a", Err: zkasync.ErrConnectionLoss}, Resync: true},
		"Resync /a (session expired)": {Event: zk.Event{Path: "/a", Err: zkasync.ErrSessionExpired}, Resync: true},
	} {
		if got := e.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
