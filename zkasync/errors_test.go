package zkasync_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// sentinels are all the errors that a failure may match.
var sentinels = []error{
	zkasync.ErrConnectionLoss, zkasync.ErrNotSent, zkasync.ErrOutcomeUnknown, zkasync.ErrClosed, zkasync.ErrSessionExpired,
	zkasync.ErrAuthFailed, zk.ErrConnectionClosed, zk.ErrClosing, zk.ErrSessionExpired, zk.ErrAuthFailed, zk.ErrNoNode,
	zk.ErrNodeExists, zk.ErrBadVersion, zk.ErrNotEmpty, zk.ErrNoChildrenForEphemerals, zk.ErrNoAuth, zk.ErrInvalidACL,
	zk.ErrBadArguments, zk.ErrInvalidPath, zk.ErrInvalidFlags, context.Canceled, context.DeadlineExceeded, io.EOF,
}

// isExactly checks that err matches each of want and no other sentinel.
func isExactly(t *testing.T, err error, want ...error) {
	t.Helper()
	for _, s := range sentinels {
		if got := errors.Is(err, s); got != slices.Contains(want, s) {
			t.Errorf("%v: is %q: %v", err, s, got)
		}
	}
}

// isOp checks the fields and the text of an operation's error.
func isOp(t *testing.T, err error, op, path string, outcome zkasync.Outcome, text string) {
	t.Helper()
	var e *zkasync.OpError
	if !errors.As(err, &e) {
		t.Fatalf("%v is not an OpError", err)
	}
	if e.Op != op || e.Path != path || e.Outcome != outcome {
		t.Errorf("%v: operation %q, path %q, %v, want %q, %q, %v", err, e.Op, e.Path, e.Outcome, op, path, outcome)
	}
	if err.Error() != text {
		t.Errorf("text\n%q, want\n%q", err, text)
	}
}

func TestErrors_RejectedByTheServer(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	ctx := t.Context()
	must(t, c.Create(ctx, "/a", nil))
	must(t, c.Create(ctx, "/a/b", nil))
	must(t, c.Create(ctx, "/e", nil, zkasync.Ephemeral()))
	must(t, c.Create(ctx, "/closed", nil, zkasync.WithACL(zk.DigestACL(zk.PermAll, "somebody", "else"))))
	must(t, c.Create(ctx, "/kept", nil, zkasync.WithACL(zk.WorldACL(zk.PermAll&^zk.PermDelete))))
	must(t, c.Create(ctx, "/kept/x", nil))
	unknownScheme := []zk.ACL{{Perms: zk.PermAll, Scheme: "no-such-scheme", ID: "x"}}
	for _, test := range []struct {
		f    *future.Future[any]
		want error
		op   string
		path string
	}{
		{untyped(c.Get(ctx, "/none")), zk.ErrNoNode, "get", "/none"},
		{untyped(c.GetW(ctx, "/none")), zk.ErrNoNode, "get", "/none"},
		{untyped(c.Children(ctx, "/none")), zk.ErrNoNode, "children", "/none"},
		{untyped(c.Set(ctx, "/none", nil, -1)), zk.ErrNoNode, "set", "/none"},
		{untyped(c.Delete(ctx, "/none", -1)), zk.ErrNoNode, "delete", "/none"},
		{untyped(c.GetACL(ctx, "/none")), zk.ErrNoNode, "get acl", "/none"},
		{untyped(c.Create(ctx, "/none/x", nil)), zk.ErrNoNode, "create", "/none/x"},
		{untyped(c.Create(ctx, "/a", nil)), zk.ErrNodeExists, "create", "/a"},
		{untyped(c.Set(ctx, "/a", nil, 7)), zk.ErrBadVersion, "set", "/a"},
		{untyped(c.Delete(ctx, "/a/b", 7)), zk.ErrBadVersion, "delete", "/a/b"},
		{untyped(c.SetACL(ctx, "/a", zk.WorldACL(zk.PermAll), 7)), zk.ErrBadVersion, "set acl", "/a"},
		{untyped(c.Delete(ctx, "/a", -1)), zk.ErrNotEmpty, "delete", "/a"},
		{untyped(c.Create(ctx, "/e/x", nil)), zk.ErrNoChildrenForEphemerals, "create", "/e/x"},
		{untyped(c.Get(ctx, "/closed")), zk.ErrNoAuth, "get", "/closed"},
		{untyped(c.Set(ctx, "/closed", nil, -1)), zk.ErrNoAuth, "set", "/closed"},
		{untyped(c.EnsurePath(ctx, "/closed/x")), zk.ErrNoAuth, "ensure path", "/closed/x"},
		{untyped(c.DeleteAll(ctx, "/kept/x")), zk.ErrNoAuth, "delete all", "/kept/x"},
		{untyped(c.Create(ctx, "/u", nil, zkasync.WithACL(unknownScheme))), zk.ErrInvalidACL, "create", "/u"},
		{untyped(c.SetACL(ctx, "/a", unknownScheme, -1)), zk.ErrInvalidACL, "set acl", "/a"},
	} {
		err := outcome(t, test.f)
		if isExactly(t, err, test.want); err == nil {
			continue
		}
		text := fmt.Sprintf("zkasync: %s %s: %s", test.op, test.path, strings.TrimPrefix(test.want.Error(), "zk: "))
		if test.op == "ensure path" || test.op == "delete all" {
			text = err.Error() // it names the step, too
		}
		isOp(t, err, test.op, test.path, zkasync.OutcomeRejected, text)
		if v, _ := test.f.Result(); v != nil {
			t.Errorf("%v comes with the value %v", err, v)
		}
	}
}

// A composite operation's error names the call and the step that failed.
func TestErrors_OfStepsNameBoth(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	ctx := t.Context()
	must(t, c.Create(ctx, "/a", nil, zkasync.Ephemeral()))
	const reason = "ephemeral nodes may not have children"
	isOp(t, fails(t, c.EnsurePath(ctx, "/a/b/c"), zk.ErrNoChildrenForEphemerals), "ensure path", "/a/b/c", zkasync.OutcomeRejected,
		"zkasync: ensure path /a/b/c: create /a/b: "+reason)
	isOp(t, fails(t, c.Create(ctx, "/a/b/c", nil, zkasync.MakeParents()), zk.ErrNoChildrenForEphemerals), "create", "/a/b/c",
		zkasync.OutcomeRejected, "zkasync: create /a/b/c: ensure path /a/b: create /a/b: "+reason)
	must(t, c.Create(ctx, "/d", nil, zkasync.WithACL(zk.WorldACL(zk.PermAll&^zk.PermDelete))))
	must(t, c.Create(ctx, "/d/e", nil))
	isOp(t, fails(t, c.DeleteAll(ctx, "/d"), zk.ErrNoAuth), "delete all", "/d", zkasync.OutcomeRejected,
		"zkasync: delete all /d: delete /d/e: not authenticated")
}

func TestErrors_OfTransactions(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	must(t, c.Create(t.Context(), "/a", nil))
	_, err := c.Multi(t.Context(), zkasync.CreateOp("/b", nil), zkasync.SetOp("/a", nil, 7), zkasync.DeleteOp("/none", -1)).Get(t.Context())
	isExactly(t, err, zk.ErrBadVersion)
	isOp(t, err, "multi", "", zkasync.OutcomeRejected, "zkasync: multi: operation 1, set /a: version conflict (so not applied: create /b, delete /none)")
	var m *zkasync.MultiError
	if !errors.As(err, &m) || m.Index != 1 || m.Op != "set" || m.Path != "/a" || !errors.Is(m.Err, zk.ErrBadVersion) {
		t.Errorf("multi error %+v", m)
	}
}

func TestErrors_OfConnectionLoss(t *testing.T) {
	t.Parallel()
	c, _, p := proxied(t)
	p.Hold(zkproxy.ToServer, true)
	var fs []*future.Future[zk.Stat]
	for range 200 {
		fs = append(fs, c.Set(t.Context(), "/", make([]byte, 256<<10), -1))
	}
	p.Cut()
	isOp(t, outcome(t, fs[0]), "set", "/", zkasync.OutcomeUnknown, outcome(t, fs[0]).Error())
	isOp(t, outcome(t, fs[len(fs)-1]), "set", "/", zkasync.OutcomeNotSent, outcome(t, fs[len(fs)-1]).Error())
	for i, name := range map[int]string{0: "outcome unknown", len(fs) - 1: "not sent"} {
		err := outcome(t, fs[i])
		if !strings.HasPrefix(err.Error(), "zkasync: set /: "+name+": connection lost: ") {
			t.Errorf("text %q", err)
		}
		for _, s := range []error{zkasync.ErrConnectionLoss, zk.ErrConnectionClosed} {
			if !errors.Is(err, s) {
				t.Errorf("%v is not %v", err, s)
			}
		}
		if errors.Is(err, zkasync.ErrNotSent) == errors.Is(err, zkasync.ErrOutcomeUnknown) {
			t.Errorf("%v: not sent or unknown?", err)
		}
	}
}

func TestErrors_OfALocalEnd(t *testing.T) {
	t.Parallel()
	c := connect(t, zkserver.Shared(t).Addr())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := outcome(t, c.Get(ctx, "/a"))
	isExactly(t, err, context.Canceled, zkasync.ErrNotSent)
	isOp(t, err, "get", "/a", zkasync.OutcomeNotSent, "zkasync: get /a: not sent: context canceled")
	err = outcome(t, c.Get(t.Context(), "a"))
	isExactly(t, err, zk.ErrInvalidPath, zkasync.ErrNotSent)
	isOp(t, err, "get", "a", zkasync.OutcomeNotSent, `zkasync: get a: not sent: invalid path: must begin with "/"`)
	err = outcome(t, c.Get(t.Context(), "/\x00"))
	isOp(t, err, "get", "/\x00", zkasync.OutcomeNotSent, `zkasync: get "/\x00": not sent: invalid path: character U+0000 is not allowed`)
	watch := must(t, c.ExistsW(t.Context(), "/a")).Event
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	err = outcome(t, c.Get(t.Context(), "/a"))
	isExactly(t, err, zkasync.ErrClosed, zk.ErrClosing, zkasync.ErrNotSent)
	isOp(t, err, "get", "/a", zkasync.OutcomeNotSent, "zkasync: get /a: not sent: client closed")
	isExactly(t, outcome(t, watch), zkasync.ErrClosed, zk.ErrClosing)
}

// The sentinels match the corresponding errors of go-zookeeper, and no others.
func TestErrors_SentinelsMatchGoZookeepers(t *testing.T) {
	t.Parallel()
	isExactly(t, zkasync.ErrConnectionLoss, zkasync.ErrConnectionLoss, zk.ErrConnectionClosed)
	isExactly(t, zkasync.ErrClosed, zkasync.ErrClosed, zk.ErrClosing)
	isExactly(t, zkasync.ErrSessionExpired, zkasync.ErrSessionExpired, zk.ErrSessionExpired)
	isExactly(t, zkasync.ErrAuthFailed, zkasync.ErrAuthFailed, zk.ErrAuthFailed)
	isExactly(t, zkasync.ErrNotSent, zkasync.ErrNotSent)
	isExactly(t, zkasync.ErrOutcomeUnknown, zkasync.ErrOutcomeUnknown)
}
