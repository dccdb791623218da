package zkasync_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// CreateOrSet says which of the two it did. Its options apply only to a znode that it creates.
func TestCreateOrSet_SaysWhichOfTheTwo(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	ctx := t.Context()
	data := []byte("one")
	making := c.CreateOrSet(ctx, "/a", data, zkasync.WithACL(zk.WorldACL(zk.PermRead|zk.PermWrite)))
	clear(data) // it was copied
	made := must(t, making)
	if got := must(t, c.Get(ctx, "/a")); !made.Created || got.Stat != made.Stat || string(got.Data) != "one" {
		t.Errorf("created %+v, read %+v", made, got)
	}
	set := must(t, c.CreateOrSet(ctx, "/a", []byte("two"), zkasync.Ephemeral()))
	if got := must(t, c.Get(ctx, "/a")); set.Created || got.Stat != set.Stat || got.Stat.Version != 1 || string(got.Data) != "two" {
		t.Errorf("set %+v, read %+v", set, got)
	}
	if set.Stat.EphemeralOwner != 0 || len(must(t, c.GetACL(ctx, "/a")).Entries) != 1 {
		t.Errorf("the znode was created again: %+v", set)
	}
	owned := must(t, c.CreateOrSet(ctx, "/e", nil, zkasync.Ephemeral()))
	if owned.Stat.EphemeralOwner != c.Session().ID {
		t.Errorf("owner %x", owned.Stat.EphemeralOwner)
	}
	fails(t, c.CreateOrSet(ctx, "/x/y", nil), zk.ErrNoNode)
	if deep := must(t, c.CreateOrSet(ctx, "/x/y/z", []byte("deep"), zkasync.MakeParents())); !deep.Created {
		t.Errorf("with parents: %+v", deep)
	}
	must(t, c.Create(ctx, "/locked", nil, zkasync.WithACL(zk.WorldACL(zk.PermRead))))
	err := fails(t, c.CreateOrSet(ctx, "/locked", nil), zk.ErrNoAuth)
	if want := "zkasync: create or set /locked: set /locked: not authenticated"; err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
}

func TestCreateOrSet_RefusesBadInput(t *testing.T) {
	t.Parallel()
	c := connectMemory(t)
	for _, opt := range []zkasync.CreateOption{zkasync.Sequential(), zkasync.Protected(), zkasync.TTL(0)} {
		fails(t, c.CreateOrSet(t.Context(), "/a", nil, opt), zk.ErrInvalidFlags, zkasync.ErrNotSent)
	}
	fails(t, c.CreateOrSet(t.Context(), "a", nil), zk.ErrInvalidPath, zkasync.ErrNotSent)
	fails(t, c.CreateOrSet(t.Context(), "/a", make([]byte, 2<<20)), zkasync.ErrNotSent)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	fails(t, c.CreateOrSet(ended, "/a", nil), context.Canceled, zkasync.ErrNotSent)
	if must(t, c.Exists(t.Context(), "/a")) != nil {
		t.Error("one of them was applied")
	}
}

// connectMemory returns a client of a zktest server of its own.
func connectMemory(t *testing.T, opts ...zkasync.Option) *zkasync.Client {
	t.Helper()
	srv := zktest.Run(t)
	return connect(t, srv.Addr(), append(srv.Options(), opts...)...)
}

// Somebody else creates the znode after each set that fails, and deletes it before the next one.
func TestCreateOrSet_AgainstOthers(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t)
	c := connect(t, srv.Addr(), srv.Options()...)
	turns := 0
	srv.Intercept(func(r zktest.Request) zktest.Action {
		switch r.Op {
		case zktest.OpCreate2:
			if turns++; turns < 5 {
				_ = srv.Load(map[string]string{"/a": "others"})
			}
		case zktest.OpSetData:
			if turns < 4 {
				_ = srv.Delete("/a")
			}
		}
		return zktest.Action{}
	})
	if got := must(t, c.CreateOrSet(t.Context(), "/a", []byte("ours"))); got.Created || turns != 4 {
		t.Errorf("%+v after %d turns", got, turns)
	}
	srv.Intercept(func(r zktest.Request) zktest.Action {
		if r.Op == zktest.OpCreate2 {
			_ = srv.Load(map[string]string{"/b": "others"})
		} else {
			_ = srv.Delete("/b")
		}
		return zktest.Action{}
	})
	fails(t, c.CreateOrSet(t.Context(), "/b", nil), zk.ErrNodeExists) // for ever
}

// The outcome of the step that fails is the outcome of the whole.
func TestCreateOrSet_ConnectionLoss(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t)
	c := connect(t, srv.Addr(), srv.Options()...)
	for op, path := range map[zktest.Op]string{zktest.OpSetData: "/set", zktest.OpCreate2: "/create"} {
		srv.Fault(zktest.Fault{Op: op, Path: path, Count: 1, When: zktest.After, Do: zktest.Drop()})
		err := fails(t, c.CreateOrSet(t.Context(), path, nil), zkasync.ErrConnectionLoss, zkasync.ErrOutcomeUnknown)
		var e *zkasync.OpError
		if !errors.As(err, &e) || e.Op != "create or set" || e.Path != path || !strings.Contains(err.Error(), ": "+op.String()+" "+path) {
			t.Errorf("%v", err)
		}
	}
	marked := zkasync.MarkIdempotent(t.Context())
	patient := connect(t, srv.Addr(), append(srv.Options(), zkasync.WithRetry(zkasync.RetryPolicy{FirstPause: time.Millisecond}))...)
	srv.Fault(zktest.Fault{Op: zktest.OpCreate2, Path: "/patient", Count: 1, When: zktest.After, Do: zktest.Drop()})
	must(t, patient.CreateOrSet(marked, "/patient", []byte("x")))
	if n := must(t, patient.Get(t.Context(), "/patient")); string(n.Data) != "x" {
		t.Errorf("%+v", n)
	}
}

// An attempt is applied, its answer is lost, and the znode and its parent are gone before the client repeats it. Whatever fails after
// that, something may have been written.
func TestSteps_FailureAfterAnAttemptOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		op    zktest.Op
		there map[string]string
		write func(context.Context, *zkasync.Client) error
		want  error
	}{
		"create or set": {zktest.OpSetData, map[string]string{"/p/a": ""}, func(ctx context.Context, c *zkasync.Client) error {
			return futureError(c.CreateOrSet(ctx, "/p/a", []byte("x")))
		}, zk.ErrNoNode},
		"create with parents": {zktest.OpCreate2, map[string]string{"/p": ""}, func(ctx context.Context, c *zkasync.Client) error {
			return futureError(c.Create(ctx, "/p/a", nil, zkasync.MakeParents()))
		}, zk.ErrNoAuth},
	} {
		synctest.Test(t, func(t *testing.T) {
			srv := zktest.Run(t)
			_ = srv.Load(test.there)
			c := connect(t, srv.Addr(), append(srv.Options(), zkasync.WithRetry(zkasync.RetryPolicy{}))...)
			srv.Refuse(true)
			lost := srv.Fault(zktest.Fault{Op: test.op, Path: "/p/a", Count: 1, When: zktest.After, Do: zktest.Drop()})
			srv.Fault(zktest.Fault{Op: zktest.OpCreate2, Path: "/p", Do: zktest.Fail(zk.ErrNoAuth)})
			failed := make(chan error, 1)
			go func() { failed <- test.write(zkasync.MarkIdempotent(t.Context()), c) }()
			if err := lost.Wait(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(srv.Delete("/p/a"), srv.Delete("/p")); err != nil {
				t.Fatal(err)
			}
			srv.Refuse(false)
			if err := <-failed; !errors.Is(err, zkasync.ErrOutcomeUnknown) || !errors.Is(err, test.want) {
				t.Errorf("%s: %v", name, err)
			}
			closeNow(t, c)
		})
	}
}
