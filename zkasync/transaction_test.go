package zkasync_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// result returns a part's result, which must be there.
func result[T any](t testing.TB, p *zkasync.Part[T]) T {
	t.Helper()
	v, err := p.Result()
	if err != nil {
		t.Errorf("part: %v", err)
	}
	return v
}

// partFails returns a part's error, which must be each of want.
func partFails[T any](t testing.TB, p *zkasync.Part[T], want ...error) error {
	t.Helper()
	_, err := p.Result()
	for _, w := range want {
		if !errors.Is(err, w) {
			t.Errorf("part: %v, want one that is %v", err, w)
		}
	}
	return err
}

// Every kind of create, and every other operation, has its result, with the stat that a server sends.
func TestTransaction_EachPartHasItsResult(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	ctx := t.Context()
	must(t, c.Create(ctx, "/a", nil))
	tx := c.Transaction()
	data := []byte("data")
	checked := tx.Check("/a", 0)
	parts := map[string]*zkasync.Part[zkasync.Created]{
		"/p":            tx.Create("/p", data),
		"/e":            tx.Create("/e", nil, zkasync.Ephemeral(), zkasync.WithACL(zk.WorldACL(zk.PermRead))),
		"/s-0000000003": tx.Create("/s-", nil, zkasync.Sequential()),
		"/0000000004":   tx.Create("/", nil, zkasync.Sequential(), zkasync.Ephemeral()),
		"/c":            tx.Create("/c", nil, zkasync.Container()),
		"/t":            tx.Create("/t", data, zkasync.TTL(time.Hour)),
		"/u-0000000007": tx.Create("/u-", nil, zkasync.TTL(time.Hour), zkasync.Sequential()),
	}
	clear(data) // it was copied
	set := tx.Set("/a", []byte("x"), zkasync.AnyVersion)
	deleted := tx.Delete("/c", 0)
	partFails(t, set, zkasync.ErrNotCommitted, zkasync.ErrNotSent)
	results := must(t, tx.Commit(ctx))
	if len(results) != 10 {
		t.Fatalf("%d results", len(results))
	}
	result(t, checked)
	result(t, deleted)
	given := zkserver.Shared(t).Since("3.7.2", "3.8.2", "3.9.0") // ZOOKEEPER-4026
	for path, part := range parts {
		made := result(t, part)
		if made.Path != path {
			t.Errorf("created %s, want %s", made.Path, path)
		}
		if path == "/c" {
			continue // it was deleted
		}
		st := must(t, c.Exists(ctx, path))
		sent := given || path == "/t" || strings.HasPrefix(path, "/u")
		if st == nil || (made.Stat == *st) != sent || !sent && made.Stat != (zk.Stat{}) {
			t.Errorf("%s: %+v, want %+v, which is sent: %v", path, made.Stat, st, sent)
		}
	}
	if n := must(t, c.Get(ctx, "/t")); string(n.Data) != "data" {
		t.Errorf("with a TTL: %+v", n)
	}
	if st := result(t, set); st != must(t, c.Get(ctx, "/a")).Stat {
		t.Errorf("set %+v", st)
	}
}

// Which part is at fault, and which were rolled back, each of them says, and the error of the whole.
func TestTransaction_SaysWhatWasRolledBack(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	ctx := t.Context()
	must(t, c.Create(ctx, "/a", nil))
	tx := c.Transaction()
	made, set, del, check := tx.Create("/b", nil), tx.Set("/a", nil, 7), tx.Delete("/none", zkasync.AnyVersion), tx.Check("/a", 0)
	err := fails(t, tx.Commit(ctx), zk.ErrBadVersion)
	isOp(t, err, "multi", "", zkasync.OutcomeRejected,
		"zkasync: multi: operation 1, set /a: version conflict (so not applied: create /b, delete /none, check /a)")
	var m *zkasync.MultiError
	if !errors.As(err, &m) || fmt.Sprint(m.RolledBack()) != "[create /b delete /none check /a]" || m.RolledBack()[2].Path() != "/a" {
		t.Errorf("%+v", m)
	}
	isOp(t, partFails(t, set, zk.ErrBadVersion), "set", "/a", zkasync.OutcomeRejected, "zkasync: set /a: version conflict")
	for _, err := range []error{partFails(t, made, zkasync.ErrRolledBack), partFails(t, del, zkasync.ErrRolledBack), partFails(t, check, zkasync.ErrRolledBack)} {
		if errors.Is(err, zk.ErrBadVersion) || errors.Is(err, zkasync.ErrNotSent) {
			t.Errorf("%v claims the cause of another part", err)
		}
	}
	isOp(t, partFails(t, made), "create", "/b", zkasync.OutcomeRejected,
		"zkasync: create /b: rolled back because of operation 1, set /a: version conflict")
	many := c.Transaction()
	for i := range 10 {
		many.Create(fmt.Sprintf("/%d", i), nil)
	}
	many.Check("/none", 0)
	if err := fails(t, many.Commit(ctx), zk.ErrNoNode); !strings.HasSuffix(err.Error(), "(so not applied: create /0, create /1, create /2 and 7 more)") {
		t.Error(err)
	}
}

// What was applied is not committed again, what has failed may be, with more operations.
func TestTransaction_CommitsOnce(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t)
	c := connect(t, srv.Addr(), srv.Options()...)
	ctx := t.Context()
	tx := c.Transaction()
	made := tx.Create("/a/b", nil)
	fails(t, tx.Commit(ctx), zk.ErrNoNode)
	must(t, c.Create(ctx, "/a", nil))
	set := tx.Set("/a", []byte("x"), 0)
	partFails(t, set, zkasync.ErrNotCommitted)
	partFails(t, made, zk.ErrNoNode)

	goOn := make(chan struct{})
	srv.Intercept(func(r zktest.Request) zktest.Action {
		if r.Op == zktest.OpMulti {
			<-goOn
		}
		return zktest.Action{}
	})
	committing := tx.Commit(ctx)
	partFails(t, made, future.ErrPending)
	late := tx.Delete("/a", 1)
	fails(t, tx.Commit(ctx), zkasync.ErrCommitted, zkasync.ErrNotSent)
	close(goOn)
	if n := len(must(t, committing)); n != 2 {
		t.Errorf("%d results", n)
	}
	if got := result(t, made); got.Path != "/a/b" || result(t, set).Version != 1 {
		t.Errorf("%+v", got)
	}
	partFails(t, late, zkasync.ErrCommitted, zkasync.ErrNotSent)
	fails(t, tx.Commit(ctx), zkasync.ErrCommitted, zkasync.ErrNotSent)
	partFails(t, tx.Check("/a", 0), zkasync.ErrCommitted)

	lost := c.Transaction()
	part := lost.Create("/c", nil)
	srv.Fault(zktest.Fault{Op: zktest.OpMulti, Count: 1, When: zktest.After, Do: zktest.Drop()})
	fails(t, lost.Commit(ctx), zkasync.ErrOutcomeUnknown)
	partFails(t, part, zkasync.ErrOutcomeUnknown, zkasync.ErrConnectionLoss)
	fails(t, zkasync.Retry(ctx, c, zkasync.RetryPolicy{}, func(ctx context.Context) *future.Future[[]zkasync.MultiResult] {
		return lost.Commit(ctx)
	}), zk.ErrNodeExists) // it had been applied
}

// What breaks a rule is refused with its index before anything is sent, and so is what is too large; nothing at all succeeds.
func TestTransaction_RefusesWhatBreaksARule(t *testing.T) {
	t.Parallel()
	c := connectMemory(t, zkasync.WithMaxRequestSize(10_000))
	ctx := t.Context()
	tx := c.Transaction()
	good := tx.Create("/a", nil)
	bad := tx.Create("/b", nil, zkasync.MakeParents())
	err := fails(t, tx.Commit(ctx), zk.ErrInvalidFlags, zkasync.ErrNotSent)
	var m *zkasync.MultiError
	if !errors.As(err, &m) || m.Index != 1 || m.RolledBack() != nil || strings.Contains(err.Error(), "so not applied") {
		t.Errorf("%v", err)
	}
	partFails(t, bad, zk.ErrInvalidFlags, zkasync.ErrNotSent)
	if err := partFails(t, good, zkasync.ErrNotSent); errors.Is(err, zkasync.ErrRolledBack) || errors.Is(err, zk.ErrInvalidFlags) {
		t.Error(err)
	}
	large := c.Transaction()
	large.Set("/a", make([]byte, 4000), 0)
	large.Set("/b", make([]byte, 7000), 0)
	err = fails(t, large.Commit(ctx), zkasync.ErrNotSent)
	if text := err.Error(); !strings.Contains(text, "the largest is operation 1, set /b, with 70") || !strings.Contains(text, "limit of 10000") {
		t.Error(text)
	}
	if got := must(t, c.Transaction().Commit(ctx)); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	if must(t, c.Exists(ctx, "/a")) != nil {
		t.Error("something was applied")
	}
}

// The same operations mean each client's own tree.
func TestTransaction_PathsAreTheCommittersOwn(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t)
	_ = srv.Load(map[string]string{"/one/x": "", "/two/x": ""})
	one := connect(t, srv.Addr()+"/one", srv.Options()...)
	two := connect(t, srv.Addr()+"/two", srv.Options()...)
	ops := []zkasync.MultiOp{zkasync.CreateOp("/a", nil), zkasync.SetOp("/x", []byte("y"), 0)}
	for _, c := range []*zkasync.Client{one, two} {
		if got := must(t, c.Multi(t.Context(), ops...)); got[0].Path != "/a" {
			t.Errorf("%+v", got)
		}
	}
	err := fails(t, one.Multi(t.Context(), ops...), zk.ErrNodeExists)
	if strings.Contains(err.Error(), "/one") {
		t.Error(err)
	}
	for _, path := range []string{"/one/a", "/two/a"} {
		if _, _, err := srv.Get(path); err != nil {
			t.Error(err)
		}
	}
}

// A transaction belongs to the view that made it, also when its parts are read elsewhere; operations of Multi belong to nobody, so
// a path means the tree of whichever view applies it. All paths of results and errors are those of that view.
func TestTransaction_OfViews(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	ctx := t.Context()
	one, two := view(t, c, "/one"), view(t, view(t, c, "/two"), "/deep")
	must(t, one.EnsurePath(ctx, "/"))
	must(t, two.EnsurePath(ctx, "/"))
	tx := two.Transaction()
	made, queued := tx.Create("/a", []byte("x")), tx.Create("/q-", nil, zkasync.Sequential())
	must(t, tx.Commit(ctx))
	if a, q := result(t, made).Path, result(t, queued).Path; a != "/a" || !strings.HasPrefix(q, "/q-") || must(t, c.Exists(ctx, "/two/deep"+q)) == nil {
		t.Errorf("made %q and %q", a, q)
	}
	if must(t, one.Exists(ctx, "/a")) != nil || must(t, c.Exists(ctx, "/a")) != nil {
		t.Error("it was applied elsewhere")
	}
	ops := []zkasync.MultiOp{zkasync.CheckOp("/", zkasync.AnyVersion), zkasync.CreateOp("/a/b", nil)}
	if got := must(t, two.Multi(ctx, ops...)); got[1].Path != "/a/b" {
		t.Errorf("%+v", got)
	}
	err := fails(t, one.Multi(ctx, ops...), zk.ErrNoNode) // there is no /one/a
	isOp(t, err, "multi", "", zkasync.OutcomeRejected, "zkasync: multi: operation 1, create /a/b: node does not exist (so not applied: check /)")
	path := result(t, made).Path
	must(t, c.Create(ctx, "/one"+path, nil)) // a result's path means what it does in the view that made it
	again := two.Transaction()
	part := again.Create(path, nil)
	fails(t, again.Commit(ctx), zk.ErrNodeExists)
	isAbout(t, partFails(t, part, zk.ErrNodeExists), "create", "/a")
	gone := view(t, c, "/none").Transaction()
	lost := gone.Set("/a", nil, 0)
	err = fails(t, gone.Commit(ctx), zk.ErrNoNode)
	if strings.Contains(err.Error(), "/none/a") {
		t.Error(err)
	}
	isAbout(t, partFails(t, lost, zk.ErrNoNode), "set", "/a")
}

// Older servers answer creates without a stat, newer ones with one; both are read as they are.
func TestTransaction_OfEachRelease(t *testing.T) {
	t.Parallel()
	for version, given := range map[string]bool{"3.6.4": false, "3.8.0": false, "3.8.2": true, "3.9.5": true} {
		srv := zktest.Run(t, zktest.WithVersion(version), zktest.WithExtendedTypes(true))
		c := connect(t, srv.Addr(), srv.Options()...)
		tx := c.Transaction()
		made, ttl := tx.Create("/a", nil), tx.Create("/t", nil, zkasync.TTL(time.Minute))
		must(t, tx.Commit(t.Context()))
		if got := result(t, made); (got.Stat.Czxid != 0) != given || got.Path != "/a" {
			t.Errorf("%s: %+v", version, got)
		}
		if got := result(t, ttl); got.Stat.Czxid == 0 {
			t.Errorf("%s: %+v", version, got)
		}
	}
	old := zktest.Run(t, zktest.WithExtendedTypes(false))
	plain := connect(t, old.Addr(), old.Options()...)
	tx := plain.Transaction()
	tx.Create("/a", nil)
	ttl := tx.Create("/t", nil, zkasync.TTL(time.Minute))
	fails(t, tx.Commit(t.Context()))
	var code zkasync.ServerError
	if err := partFails(t, ttl); !errors.As(err, &code) {
		t.Errorf("%v", err)
	}
	names := must(t, plain.Children(t.Context(), "/")).Names
	if slices.Contains(names, "a") {
		t.Error("it was applied in part")
	}
}
