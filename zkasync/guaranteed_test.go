package zkasync_test

import (
	"context"
	"errors"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// guaranteed starts a deletion that goes on.
func guaranteed(ctx context.Context, c *zkasync.Client, path string, opts ...zkasync.DeleteOption) *future.Future[future.Void] {
	return c.Delete(ctx, path, zkasync.AnyVersion, append(opts, zkasync.Guaranteed())...)
}

// With a connection, it succeeds and fails as any other deletion does.
func TestGuaranteed_IsADeletion(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	ctx := t.Context()
	must(t, c.EnsurePath(ctx, "/a/b"))
	fails(t, guaranteed(ctx, c, "/a"), zk.ErrNotEmpty)
	isOp(t, fails(t, c.Delete(ctx, "/a/b", 7, zkasync.Guaranteed()), zk.ErrBadVersion), "delete", "/a/b", zkasync.OutcomeRejected,
		"zkasync: delete /a/b: version conflict")
	must(t, guaranteed(ctx, c, "/a/b"))
	must(t, c.Delete(ctx, "/a", 0, zkasync.Guaranteed()))
	if must(t, c.Exists(ctx, "/a")) != nil {
		t.Error("it is still there")
	}
	isOp(t, fails(t, guaranteed(ctx, c, "/a"), zk.ErrNoNode), "delete", "/a", zkasync.OutcomeRejected, "zkasync: delete /a: node does not exist")
	must(t, guaranteed(ctx, c, "/a", zkasync.Quietly()))
	fails(t, guaranteed(ctx, c, "/"), zk.ErrInvalidPath, zkasync.ErrNotSent)
	must(t, c.Create(ctx, "/hidden", nil, zkasync.WithACL(zk.WorldACL(zk.PermDelete))))
	must(t, guaranteed(ctx, c, "/hidden"))
	ended, cancel := context.WithCancel(ctx)
	cancel()
	fails(t, guaranteed(ended, c, "/a"), context.Canceled, zkasync.ErrNotSent)
}

// However often the connection is lost, before an attempt is applied or after, in the end the znode is gone.
func TestGuaranteed_GoesOnThroughLostConnections(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]zkasync.Option{"plain": nil, "with retry": {zkasync.WithRetry(zkasync.RetryPolicy{})}} {
		for _, op := range []zktest.Op{zktest.OpSync, zktest.OpExists, zktest.OpDelete} {
			for _, when := range []zktest.When{zktest.Before, zktest.After} {
				srv := zktest.Run(t)
				_ = srv.Load(map[string]string{"/a": ""})
				c := connect(t, srv.Addr(), append(srv.Options(), opts...)...)
				lost := srv.Fault(zktest.Fault{Op: op, Path: "/a", Count: 3, When: when, Do: zktest.Drop()})
				must(t, guaranteed(zkasync.MarkIdempotent(t.Context()), c, "/a"))
				if _, _, err := srv.Get("/a"); err == nil {
					t.Errorf("%s, %s: it is still there", name, op)
				}
				lost.Remove()
			}
		}
	}
}

// What somebody else creates there meanwhile is not what was to be deleted.
func TestGuaranteed_LeavesALaterZnodeAlone(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t)
	_ = srv.Load(map[string]string{"/a": "ours"})
	c := connect(t, srv.Addr(), srv.Options()...)
	srv.Fault(zktest.Fault{Op: zktest.OpDelete, Count: 1, When: zktest.After, Do: zktest.Drop()})
	syncs := 0
	srv.Intercept(func(r zktest.Request) zktest.Action {
		if r.Op == zktest.OpSync {
			if syncs++; syncs == 2 {
				_ = srv.Put("/a", []byte("theirs"))
			}
		}
		return zktest.Action{}
	})
	must(t, guaranteed(t.Context(), c, "/a"))
	if data, _, err := srv.Get("/a"); string(data) != "theirs" {
		t.Errorf("there is %q, %v", data, err)
	}
}

// The session's end does not end it: what was seen is deleted in the next session, unless it has gone with the last one.
func TestGuaranteed_GoesOnInTheNextSession(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t)
	c := connect(t, srv.Addr(), srv.Options()...)
	for _, opts := range [][]zkasync.CreateOption{nil, {zkasync.Ephemeral()}} {
		must(t, c.Create(t.Context(), "/a", nil, opts...))
		srv.Fault(zktest.Fault{Op: zktest.OpDelete, Count: 1, Do: zktest.Drop()})
		session := c.Session().ID
		srv.Intercept(func(r zktest.Request) zktest.Action {
			if r.Op == zktest.OpDelete && r.Session == session {
				_ = srv.Expire(session)
				if opts != nil {
					_ = srv.Put("/a", []byte("theirs"))
				}
			}
			return zktest.Action{}
		})
		must(t, guaranteed(t.Context(), c, "/a"))
		_, _, err := srv.Get("/a")
		if (err == nil) != (opts != nil) || c.Session().ID == session {
			t.Errorf("there is one: %v; session %x after %x", err == nil, c.Session().ID, session)
		}
	}
	srv.Intercept(func(r zktest.Request) zktest.Action {
		if r.Op == zktest.OpSync {
			_ = srv.Expire(r.Session)
		}
		return zktest.Action{}
	})
	fails(t, guaranteed(t.Context(), c, "/a"), zkasync.ErrSessionExpired) // nobody knows which znode was meant
	if _, _, err := srv.Get("/a"); err != nil {
		t.Error(err)
	}
}

// Its context and the end of the client end it, with what is known, and leave nothing behind.
func TestGuaranteed_Ends(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t)
	_ = srv.Load(map[string]string{"/a": "", "/b": ""})
	c := connect(t, srv.Addr(), srv.Options()...)
	deleted := make(chan struct{}, 10)
	srv.Intercept(func(r zktest.Request) zktest.Action {
		if r.Op == zktest.OpDelete {
			srv.Refuse(true)
			deleted <- struct{}{}
			return zktest.Drop()
		}
		return zktest.Action{}
	})
	ctx, cancel := context.WithCancel(t.Context())
	f := guaranteed(ctx, c, "/a")
	<-deleted
	cancel()
	fails(t, f, context.Canceled, zkasync.ErrOutcomeUnknown)
	srv.Refuse(false)
	must(t, c.Exists(t.Context(), "/a"))

	f = guaranteed(t.Context(), c, "/b")
	<-deleted
	queued := guaranteed(t.Context(), c, "/a")
	_ = c.Close()
	err := fails(t, f, zkasync.ErrOutcomeUnknown)
	if !errors.Is(err, zkasync.ErrClosed) && !errors.Is(err, zkasync.ErrConnectionLoss) {
		t.Error(err)
	}
	fails(t, queued, zkasync.ErrNotSent)
	fails(t, guaranteed(t.Context(), c, "/a"), zkasync.ErrClosed, zkasync.ErrNotSent)
	srv.Refuse(false)
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	must(t, c.Sync(t.Context(), "/"))
	if len(deleted) > 0 {
		t.Error("it goes on in the next run")
	}
}

// The znode was deleted, its answer is lost, and another one with a child is there by then, which may not be read. What the server
// refuses is the second attempt: the first may have been applied.
func TestGuaranteed_RefusedAfterAnAttemptOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t, zktest.WithVersion("3.9.2"))
	_ = srv.Load(map[string]string{"/a": ""})
	c, other := connect(t, srv.Addr(), srv.Options()...), connect(t, srv.Addr(), srv.Options()...)
	ctx := t.Context()
	held := srv.Fault(zktest.Fault{Op: zktest.OpDelete, Path: "/a", Count: 1, When: zktest.After, Do: zktest.Hold()})
	deleted := guaranteed(ctx, c, "/a")
	if err := held.Wait(ctx, 1); err != nil {
		t.Fatal(err)
	}
	must(t, other.Create(ctx, "/a", nil))
	must(t, other.Create(ctx, "/a/b", nil))
	must(t, other.SetACL(ctx, "/a", zk.WorldACL(zk.PermDelete), zkasync.AnyVersion))
	srv.Drop()
	fails(t, deleted, zk.ErrNotEmpty, zkasync.ErrOutcomeUnknown)
}
