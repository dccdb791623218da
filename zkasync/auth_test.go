package zkasync_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// The credentials of the tests.
const (
	user, password = "alice", "secret"
	userPassword   = user + ":" + password
)

func TestAuth_DigestGivesAccess(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	ctx := t.Context()
	must(t, c.Create(ctx, "/a", []byte("closed"), zkasync.WithACL(zk.DigestACL(zk.PermAll, user, password))))
	fails(t, c.Get(ctx, "/a"), zk.ErrNoAuth)
	must(t, c.AddAuth(ctx, "digest", []byte(user+":wrong")))
	fails(t, c.Get(ctx, "/a"), zk.ErrNoAuth)
	must(t, c.AddAuth(ctx, "digest", []byte(userPassword)))
	if n := must(t, c.Get(ctx, "/a")); string(n.Data) != "closed" {
		t.Errorf("read %q", n.Data)
	}
}

// A credential counts for operations that are submitted after it, without waiting for its answer.
func TestAuth_InOrderWithOperations(t *testing.T) {
	t.Parallel()
	owner, stranger, _ := proxied(t, zkasync.WithAuth("digest", []byte(userPassword)))
	ctx := t.Context()
	must(t, owner.Create(ctx, "/a", nil, zkasync.WithACL(zk.AuthACL(zk.PermAll))))
	before := stranger.Get(ctx, "/a")
	added := stranger.AddAuth(ctx, "digest", []byte(userPassword))
	behind := stranger.Get(ctx, "/a")
	if zkserver.Shared(t).Since("3.6") {
		fails(t, before, zk.ErrNoAuth)
	} else {
		outcome(t, before) // 3.5 checks it with the credentials that the connection has when it is processed (ServerCnxn.getAuthInfo)
	}
	must(t, added)
	must(t, behind)
}

// Credentials are restored before anything else: an operation that has waited for the connection already has their access.
func TestAuth_RestoredBeforeAnythingElse(t *testing.T) {
	t.Parallel()
	c, twin, p := proxied(t, zkasync.WithAuth("digest", []byte("from:options")), zkasync.WithCoalescedReads(false))
	ctx := t.Context()
	must(t, c.AddAuth(ctx, "digest", []byte(userPassword)))
	must(t, c.AddAuth(ctx, "digest", []byte(userPassword)))
	must(t, c.Create(ctx, "/a", nil, zkasync.WithACL(zk.DigestACL(zk.PermAll, user, password))))
	must(t, c.Create(ctx, "/b", nil, zkasync.WithACL(zk.DigestACL(zk.PermAll, "from", "options"))))
	fails(t, twin.Get(ctx, "/a"), zk.ErrNoAuth)
	watch := must(t, c.ExistsW(ctx, "/a")).Event
	for range 2 {
		suspend(t, c, p)
		get := []*future.Future[zkasync.Node]{c.Get(ctx, "/a"), c.Get(ctx, "/b")}
		frames := tap(p)
		resume(t, p)
		must(t, future.All(get...))
		var ops []int32
		for _, r := range frames.requests() {
			ops = append(ops, r.op)
		}
		want := []int32{opAuth, opAuth, opSetWatches, opGetData, opGetData}
		if !slices.Equal(ops, want) {
			t.Errorf("requests of the types %v, want %v", ops, want)
		}
	}
	must(t, c.Set(ctx, "/a", nil, -1))
	must(t, watch)
}

// A credential that is added while there is no connection is sent with the waiting operations, in order, and counts from then on.
func TestAuth_AddedWhileSuspended(t *testing.T) {
	t.Parallel()
	c, _, p := proxied(t)
	ctx := t.Context()
	must(t, c.Create(ctx, "/a", nil, zkasync.WithACL(zk.DigestACL(zk.PermAll, user, password))))
	suspend(t, c, p)
	added, get := c.AddAuth(ctx, "digest", []byte(userPassword)), c.Get(ctx, "/a")
	resume(t, p)
	must(t, added)
	must(t, get)
	flap(t, c, p, 1)
	must(t, c.Get(ctx, "/a"))
}

// If the connection is lost before a credential is answered, AddAuth fails as not sent or with an unknown outcome, and can be
// called again.
func TestAuth_LostInFlight(t *testing.T) {
	t.Parallel()
	c, _, p := proxied(t)
	p.Hold(zkproxy.ToClient, true)
	added := c.AddAuth(t.Context(), "digest", []byte(userPassword))
	p.Cut()
	err := fails(t, added, zkasync.ErrConnectionLoss)
	if errors.Is(err, zkasync.ErrNotSent) == errors.Is(err, zkasync.ErrOutcomeUnknown) {
		t.Error(err)
	}
	p.Heal()
	must(t, c.AddAuth(t.Context(), "digest", []byte(userPassword)))
}

func TestAuth_IPAndWorld(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	ctx := t.Context()
	must(t, c.AddAuth(ctx, "ip", nil))
	must(t, c.AddAuth(ctx, "world", []byte("anyone")))
	local := []zk.ACL{{Perms: zk.PermAll, Scheme: "ip", ID: "127.0.0.1"}}
	elsewhere := []zk.ACL{{Perms: zk.PermAll, Scheme: "ip", ID: "10.1.2.0/24"}}
	must(t, c.Create(ctx, "/here", nil, zkasync.WithACL(local)))
	must(t, c.Create(ctx, "/there", nil, zkasync.WithACL(elsewhere)))
	must(t, c.Get(ctx, "/here"))
	fails(t, c.Get(ctx, "/there"), zk.ErrNoAuth)
}

func TestAuth_SchemeThatTheServerDoesNotKnow(t *testing.T) {
	t.Parallel()
	c, twin, p := proxied(t)
	ctx := t.Context()
	must(t, twin.Create(ctx, "/a", nil))
	watch := must(t, c.ExistsW(ctx, "/a")).Event
	var j journal
	c.OnState(func(change zkasync.StateChange) { j.add(change.State.String()) })
	changes := c.States(ctx)
	err := fails(t, c.AddAuth(ctx, "no-such-scheme", []byte("x")), zkasync.ErrAuthFailed, zk.ErrAuthFailed)
	if got, want := err.Error(), "zkasync: add auth no-such-scheme: client authentication failed"; got != want {
		t.Errorf("error %q, want %q", got, want)
	}
	if change := nextChange(t, changes); change.State != zkasync.StateAuthFailed || !errors.Is(change.Err, zkasync.ErrAuthFailed) {
		t.Errorf("change %+v", change)
	}
	accepted := p.Accepted()
	fails(t, c.Get(ctx, "/a"), zkasync.ErrAuthFailed, zkasync.ErrNotSent)
	fails(t, c.EnsurePath(ctx, "/b"), zkasync.ErrAuthFailed, zkasync.ErrNotSent)
	fails(t, watch, zkasync.ErrAuthFailed)
	poll(t, "the connection's end", func() bool { return p.Conns() == 0 })
	if n := p.Accepted() - accepted; n != 0 {
		t.Errorf("%d connections since", n)
	}
	if err := c.Restart(testContext(t)); err != nil {
		t.Fatal(err)
	}
	must(t, c.Get(ctx, "/a"))
	if n := p.Accepted() - accepted; n != 2 {
		t.Errorf("%d connections since, want one that ends the session and one of the restart", n)
	}
	j.wants(t, "AuthFailed", "Closed", "Connecting", "Connected")
}

// The start fails at once, since there will never be a connection.
func TestAuth_StartWithACredentialThatFails(t *testing.T) {
	t.Parallel()
	c := unstarted(t, zkproxyForShared(t).Addr(), zkasync.WithAuth("no-such-scheme", []byte("x")))
	early := c.Exists(t.Context(), "/")
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := c.Start(ctx); !errors.Is(err, zkasync.ErrAuthFailed) || ctx.Err() != nil {
		t.Errorf("start: %v", err)
	}
	fails(t, early, zkasync.ErrNotSent)
	if c.State() != zkasync.StateClosed {
		t.Errorf("state %v", c.State())
	}
}

// A server no longer accepts a credential that it has accepted before.
func TestAuth_RejectedOnReconnect(t *testing.T) {
	t.Parallel()
	c, _, p := proxied(t, zkasync.WithAuth("digest", []byte(userPassword)))
	changes := c.States(t.Context())
	suspend(t, c, p)
	waiting := c.Get(t.Context(), "/")
	p.Rewrite(zkproxy.ToServer, renameScheme("digest", "digust"))
	resume(t, p)
	fails(t, waiting, zkasync.ErrAuthFailed, zkasync.ErrNotSent)
	nextState(t, changes, zkasync.StateAuthFailed)
	within(t, 2*time.Second, "close", func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

// Servers close the connection at a credential without an answer. After some connections the client gives up and says so.
func TestAuth_ConnectionsThatEndAtTheCredential(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newScripted(t, []zkasync.Option{zkasync.WithAuth("digest", []byte("u:p"))}, func(c *zkpeer.Conn) {
			c.Accept()
			c.Next()
		})
		err := s.Start(testContext(t))
		wantErr(t, err, zkasync.ErrAuthFailed)
		var up *zkasync.GivenUpError
		if !errors.As(err, &up) || up.Losses != 10 {
			t.Errorf("error %v, want a GivenUpError after 10 losses", err)
		}
	})
}
