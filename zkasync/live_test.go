package zkasync_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
)

// nextReading receives the next value.
func nextReading[T any](t testing.TB, l *zkasync.Live[T]) zkasync.Reading[T] {
	t.Helper()
	select {
	case r, ok := <-l.C():
		if !ok {
			t.Fatalf("no more values: %v", l.Err())
		}
		return r
	case <-time.After(wait):
		t.Fatal("no value in time")
	}
	panic("unreachable")
}

func dataLine(r zkasync.Reading[zkasync.Node]) string {
	switch {
	case r.Err != nil:
		return r.Err.Error()
	case !r.Exists:
		return "absent"
	default:
		return string(r.Value.Data)
	}
}

func childrenLine(r zkasync.Reading[zkasync.Children]) string {
	if r.Err != nil || !r.Exists {
		return dataLine(zkasync.Reading[zkasync.Node]{Err: r.Err})
	}
	names := slices.Sorted(slices.Values(r.Value.Names))
	return "[" + strings.Join(names, " ") + "]"
}

func wantData(t testing.TB, l *zkasync.Live[zkasync.Node], want string) {
	t.Helper()
	if got := dataLine(nextReading(t, l)); got != want {
		t.Errorf("value %q, want %q", got, want)
	}
}

func wantChildren(t testing.TB, l *zkasync.Live[zkasync.Children], want string) {
	t.Helper()
	if got := childrenLine(nextReading(t, l)); got != want {
		t.Errorf("children %q, want %q", got, want)
	}
}

func TestLive_FollowsData(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	l := c.WatchData(t.Context(), "/a")
	if _, known := l.Latest(); known {
		t.Error("known before the first answer")
	}
	wantData(t, l, "absent")
	for i := range 3 {
		must(t, c.Create(t.Context(), "/a", fmt.Append(nil, "created ", i)))
		wantData(t, l, fmt.Sprint("created ", i))
		must(t, c.Set(t.Context(), "/a", fmt.Append(nil, "set ", i), 0))
		wantData(t, l, fmt.Sprint("set ", i))
		must(t, c.Delete(t.Context(), "/a", 1))
		wantData(t, l, "absent")
	}
	if r, known := l.Latest(); !known || r.Exists || r.Err != nil {
		t.Errorf("latest: %+v, %v", r, known)
	}
}

func TestLive_FollowsChildren(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	l := c.WatchChildren(t.Context(), "/a")
	wantChildren(t, l, "absent")
	for range 3 {
		must(t, c.Create(t.Context(), "/a", nil))
		wantChildren(t, l, "[]")
		must(t, c.Create(t.Context(), "/a/x", nil))
		wantChildren(t, l, "[x]")
		must(t, c.Set(t.Context(), "/a/x", nil, 0))
		must(t, c.Create(t.Context(), "/a/y", nil))
		wantChildren(t, l, "[x y]")
		must(t, c.DeleteAll(t.Context(), "/a"))
		for childrenLine(nextReading(t, l)) != "absent" { // the children went one by one
		}
	}
}

// A reader that has not read for a while gets the newest value.
func TestLive_SlowReaderOfAValueGetsTheNewest(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	must(t, c.Create(t.Context(), "/a", nil))
	l := c.WatchData(t.Context(), "/a")
	for i := range 200 {
		must(t, c.Set(t.Context(), "/a", fmt.Append(nil, i), zkasync.AnyVersion))
	}
	poll(t, "the last value", func() bool { r, _ := l.Latest(); return dataLine(r) == "199" })
	wantData(t, l, "199")
	must(t, c.Sync(t.Context(), "/"))
	select {
	case r := <-l.C():
		t.Errorf("another value: %q", dataLine(r))
	default:
	}
}

func TestLive_CallbacksInTheOneSequence(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	must(t, c.Create(t.Context(), "/a", []byte("0")))
	l := c.WatchData(t.Context(), "/a")
	var j journal
	l.OnChange(func(r zkasync.Reading[zkasync.Node]) { j.add("first " + dataLine(r)) })
	j.wants(t, "first 0")
	remove := l.OnChange(func(r zkasync.Reading[zkasync.Node]) { j.add("second " + dataLine(r)) })
	j.wants(t, "first 0", "second 0")
	must(t, c.Set(t.Context(), "/a", []byte("1"), 0))
	j.wants(t, "first 0", "second 0", "first 1", "second 1")
	remove()
	remove()
	release := make(chan struct{})
	c.Exists(t.Context(), "/").OnDone(func(*zk.Stat, error) { <-release })
	for i := range 5 { // while a callback blocks
		must(t, c.Set(t.Context(), "/a", fmt.Append(nil, "x", i), zkasync.AnyVersion))
	}
	poll(t, "the last value", func() bool { r, _ := l.Latest(); return dataLine(r) == "x4" })
	close(release)
	j.wants(t, "first 0", "second 0", "first 1", "second 1", "first x4")
	l.OnChange(nil)()
	l.Close()
	l.OnChange(func(zkasync.Reading[zkasync.Node]) { j.add("late") })
	must(t, c.Set(t.Context(), "/a", nil, zkasync.AnyVersion))
	noted(&j, "end", c.Sync(t.Context(), "/"))
	j.wants(t, "first 0", "second 0", "first 1", "second 1", "first x4", "end")
}

func TestLive_EndsForManyReasons(t *testing.T) {
	t.Parallel()
	servers := sharedRoot(t)
	ctx, cancel := context.WithCancel(t.Context())
	c, err := zkasync.New(servers)
	if err != nil {
		t.Fatal(err)
	}
	ends := func(what string, l *zkasync.Live[zkasync.Node], want error) {
		t.Helper()
		within(t, wait, what, func() {
			var last error
			for _, last = range l.All(context.Background()) {
			}
			<-l.Done()
			if last != l.Err() {
				t.Errorf("%s: the last pair has %v, it has ended with %v", what, last, l.Err())
			}
		})
		wantErr(t, l.Err(), want)
		l.Close()
		l.Refresh()
		wantErr(t, l.Err(), want)
	}
	ends("not started", c.WatchData(ctx, "/a"), zkasync.ErrClosed)
	if err := c.Start(testContext(t)); err != nil {
		t.Fatal(err)
	}
	ends("bad path", c.WatchData(ctx, "a"), zk.ErrInvalidPath)
	closed, cancelled, stopped := c.WatchData(ctx, "/a"), c.WatchData(ctx, "/a"), c.WatchData(t.Context(), "/a")
	for _, l := range []*zkasync.Live[zkasync.Node]{closed, cancelled, stopped} {
		wantData(t, l, "absent")
		if l.Err() != nil {
			t.Error(l.Err())
		}
	}
	closed.Close()
	ends("closed", closed, zkasync.ErrWatchRemoved)
	cancel()
	ends("context", cancelled, context.Canceled)
	ends("context that has ended", c.WatchData(ctx, "/a"), context.Canceled)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	ends("client closed", stopped, zkasync.ErrClosed)
	ends("closed client", c.WatchData(t.Context(), "/a"), zkasync.ErrClosed)
	if got, want := closed.Err().Error(), "zkasync: watch data /a: watch removed"; got != want {
		t.Errorf("error %q, want %q", got, want)
	}
}

// A value that may not be read says so, and is read again as soon as something happens that may have changed that.
func TestLive_AsksAgainAfterARefusal(t *testing.T) {
	t.Parallel()
	c, twin, p := proxied(t)
	must(t, twin.Create(t.Context(), "/a", []byte("0")))
	data, children := c.WatchData(t.Context(), "/a"), c.WatchChildren(t.Context(), "/a")
	wantData(t, data, "0")
	wantChildren(t, children, "[]")
	refused := func() {
		t.Helper()
		acl := append(slices.Clone(hidden), zk.ACL{Perms: zk.PermWrite | zk.PermAdmin, Scheme: "world", ID: "anyone"})
		must(t, twin.SetACL(t.Context(), "/a", acl, -1))
		data.Refresh()
		children.Refresh()
		wantData(t, data, "zkasync: get /a: not authenticated")
		wantChildren(t, children, "zkasync: children /a: not authenticated")
		data.Refresh() // the same refusal is not reported again
		must(t, c.Sync(t.Context(), "/"))
		must(t, twin.SetACL(t.Context(), "/a", zk.WorldACL(zk.PermAll), -1))
		must(t, c.Sync(t.Context(), "/"))
	}
	refused()
	data.Refresh()
	children.Refresh()
	wantData(t, data, "0")
	wantChildren(t, children, "[]")

	refused()
	must(t, twin.Set(t.Context(), "/a", []byte("1"), -1))
	for dataLine(nextReading(t, data)) != "1" { // it may have asked before the change
	}
	wantChildren(t, children, "[]")

	refused()
	suspend(t, c, p)
	resume(t, p)
	wantData(t, data, "1")
	wantChildren(t, children, "[]")

	refused() // nothing happens, since servers do not report changes of permissions
	wantData(t, data, "1")
	wantChildren(t, children, "[]")
}

// A refused value is read again, with growing pauses, on servers of every release.
func TestLive_PausesBetweenRefusals(t *testing.T) {
	for _, op := range []wire.OpCode{wire.OpAddWatch, wire.OpExists} { // the operation that the server does not know, or refuses
		inBubbleNamed(t, op.String(), func(t *testing.T) {
			var reads atomic.Int32
			refuse := func(c *zkpeer.Conn) {
				c.Accept()
				c.Serve(func(r zkpeer.Request) bool {
					switch r.Op {
					case op:
						if op == wire.OpAddWatch {
							c.Refuse(r, codeUnimplemented)
							c.Cut()
							return true
						}
						return c.Refuse(r, codeNoAuth)
					case wire.OpGetData:
						return reads.Add(1) < 12 && c.Refuse(r, codeNoAuth)
					}
					return false
				})
			}
			c := connectScripted(t, refuse, refuse)
			l := c.WatchData(t.Context(), "/a")
			wantData(t, l, "zkasync: get /a: not authenticated")
			start := time.Now()
			select {
			case r := <-l.C():
				if dataLine(r) != "/a" {
					t.Errorf("value %q (%v), want the znode's", dataLine(r), l.Err())
				}
			case <-time.After(time.Hour):
				t.Fatal("the value was not read again")
			}
			if took := time.Since(start); took < 10*time.Second || took > 5*time.Minute {
				t.Errorf("12 reads within %v", took)
			}
			l.Close()
		})
	}
}

func TestLive_GoesOnAcrossOutagesAndSessions(t *testing.T) {
	t.Parallel()
	c, twin, p := proxied(t)
	data, children := c.WatchData(t.Context(), "/a"), c.WatchChildren(t.Context(), "/")
	wantData(t, data, "absent")
	wantChildren(t, children, "[]")
	suspend(t, c, p)
	must(t, twin.Create(t.Context(), "/a", []byte("0")))
	resume(t, p)
	wantData(t, data, "0")
	wantChildren(t, children, "[a]")
	endSession(t, c, p)
	must(t, twin.Set(t.Context(), "/a", []byte("1"), 0))
	must(t, twin.Create(t.Context(), "/b", nil))
	resume(t, p)
	wantData(t, data, "1")
	wantChildren(t, children, "[a b]")
	before := c.Session().ID
	endSession(t, c, p)
	resume(t, p)
	poll(t, "another session", func() bool { return c.Connected() && c.Session().ID != before })
	must(t, c.Sync(t.Context(), "/"))
	must(t, twin.Delete(t.Context(), "/a", 1)) // nothing had changed: the next value is this
	wantData(t, data, "absent")
	wantChildren(t, children, "[b]")
}

func TestLive_SetsItsWatchAgain(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	l := c.WatchData(t.Context(), "/a")
	wantData(t, l, "absent")
	must(t, c.RemoveWatches(t.Context(), "/a", zkasync.WatcherAny))
	must(t, c.Create(t.Context(), "/a", []byte("x")))
	wantData(t, l, "x")
	must(t, c.RemoveWatches(t.Context(), "/a", zkasync.WatcherAny))
	must(t, c.Set(t.Context(), "/a", []byte("y"), 0))
	wantData(t, l, "y")
	l.Close()
	if zkserver.Shared(t).Since("3.6") { // before, it is a one-shot watch, which stays
		fails(t, c.RemoveWatches(t.Context(), "/a", zkasync.WatcherAny), zkasync.ErrNoWatcher)
	}
}
