package zkasync_test

import (
	"context"
	"errors"
	"path"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
)

// unanswered makes a protected create that is applied, but whose answer is lost with the connection. The twin has all permissions.
func unanswered(t *testing.T, ctx context.Context, acl []zk.ACL, opts ...zkasync.CreateOption) (
	made *future.Future[zkasync.Created], c, twin *zkasync.Client, p *zkproxy.Proxy,
) {
	t.Helper()
	c, twin, p = proxied(t)
	must(t, twin.Create(t.Context(), "/a", nil))
	must(t, twin.AddAuth(t.Context(), "digest", []byte(userPassword)))
	acl = append(zk.DigestACL(zk.PermAll, user, password), acl...)
	stat := must(t, twin.SetACL(t.Context(), "/a", acl, zkasync.AnyVersion))
	p.Drop(zkproxy.ToClient, true)
	made = c.Create(ctx, "/a/x", nil, append(opts, zkasync.Protected())...)
	poll(t, "the znode", func() bool { return must(t, twin.Exists(t.Context(), "/a")).Cversion > stat.Cversion })
	suspend(t, c, p)
	p.Heal()
	return made, c, twin, p
}

// isGhost checks the error of a create whose znode could not be searched for.
func isGhost(t *testing.T, err error, want ...error) (prefix string) {
	t.Helper()
	var e *zkasync.ProtectedError
	if !errors.As(err, &e) || !strings.Contains(err.Error(), e.Prefix) || !strings.HasPrefix(e.Prefix, "_c_") {
		t.Fatalf("%v does not name the prefix", err)
	}
	for _, w := range append(want, zkasync.ErrOutcomeUnknown) {
		if !errors.Is(err, w) {
			t.Errorf("%v does not match %v", err, w)
		}
	}
	return e.Prefix
}

// A caller gives up during an outage. If the server has created the znode, it would be first in the queue of a lock as long as the
// session lives, and nobody would know about it. So it is deleted in the background.
func TestProtected_GivenUpIsTakenBack(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]zkasync.CreateOption{
		"ephemeral, sequential": {zkasync.Ephemeral(), zkasync.Sequential()},
		"ephemeral":             {zkasync.Ephemeral()},
		"sequential":            {zkasync.Sequential()},
		"persistent":            nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			made, c, twin, p := unanswered(t, ctx, zk.WorldACL(zk.PermAll), opts...)
			id := c.Session().ID
			cancel()
			prefix := isGhost(t, outcome(t, made), context.Canceled)
			names := must(t, twin.Children(t.Context(), "/a")).Names
			if len(names) != 1 || !strings.HasPrefix(names[0], prefix) {
				t.Fatalf("znodes %q, want one that begins with %q", names, prefix)
			}
			resume(t, p)
			poll(t, "the ghost's end", func() bool { return len(must(t, twin.Children(t.Context(), "/a")).Names) == 0 })
			if c.Session().ID != id {
				t.Error("the znode has ended only with its session")
			}
		})
	}
}

// If the folder may not be listed, the znode may still have been created.
func TestProtected_FolderThatMayNotBeListed(t *testing.T) {
	t.Parallel()
	acl := zk.WorldACL(zk.PermAll &^ zk.PermRead)
	made, _, twin, p := unanswered(t, t.Context(), acl, zkasync.Sequential())
	resume(t, p)
	isGhost(t, outcome(t, made), zk.ErrNoAuth)
	if n := must(t, twin.Exists(t.Context(), "/a")).NumChildren; n != 1 {
		t.Errorf("%d znodes, want 1", n)
	}

	// If the name is known, no list is needed.
	made, _, twin, p = unanswered(t, t.Context(), acl)
	resume(t, p)
	if found := must(t, made); !protectedName.MatchString(found.Path) {
		t.Errorf("created %q", found.Path)
	}
	if n := must(t, twin.Exists(t.Context(), "/a")).NumChildren; n != 1 {
		t.Errorf("%d znodes, want 1", n)
	}
}

// createLog counts the creates that a script is sent; the first one cuts the connection.
type createLog struct {
	n    atomic.Int32
	path atomic.Value // of the first
}

// losesFirst is a script of a server that ends the connection at the first create.
func (n *createLog) losesFirst(c *zkpeer.Conn) {
	c.Accept()
	c.Serve(func(r zkpeer.Request) bool {
		if r.Op != wire.OpCreate2 {
			return false
		}
		n.n.Add(1)
		n.path.Store(r.Path)
		c.Cut()
		return true
	})
}

// A server that throttles the search has not said that the znode does not exist.
func TestProtected_ThrottledSearchIsRepeated(t *testing.T) {
	for name, opts := range map[string][]zkasync.CreateOption{"sequential": {zkasync.Sequential()}, "plain": nil} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				var sent createLog
				throttled := 3
				c := connectScripted(t, sent.losesFirst, func(c *zkpeer.Conn) {
					c.Accept()
					c.Serve(func(r zkpeer.Request) bool {
						switch r.Op {
						case wire.OpCreate2:
							sent.n.Add(1)
						case wire.OpGetChildren2, wire.OpExists:
							if throttled--; throttled >= 0 {
								return c.Refuse(r, codeThrottled)
							}
							if r.Op == wire.OpGetChildren2 {
								stat := zkpeer.Stat(r.Path)
								names := []string{path.Base(sent.path.Load().(string)) + "0000000001"}
								return c.Reply(r, wire.AppendStat(wire.AppendStrings(nil, names), &stat))
							}
						}
						return false
					})
				})
				found := must(t, zkasync.Retry(testContext(t), c.Client, zkasync.RetryPolicy{}, func(ctx context.Context) *future.Future[zkasync.Created] {
					return c.Create(ctx, "/a/x", nil, append(opts, zkasync.Protected())...)
				}))
				if n := sent.n.Load(); n != 1 || !strings.HasPrefix(found.Path, sent.path.Load().(string)) {
					t.Errorf("%d creates sent, found %q", n, found.Path)
				}
			})
		})
	}
}

// A znode of an earlier session will be deleted with that session. So it is deleted now, and created again (CURATOR-498).
func TestProtected_OfAnEarlierSessionIsNotAdopted(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var sent createLog
		var deleted atomic.Int32
		c := connectScripted(t, sent.losesFirst, func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool {
				switch r.Op {
				case wire.OpCreate2:
					sent.n.Add(1)
				case wire.OpDelete:
					deleted.Add(1)
				case wire.OpExists:
					stat := zkpeer.Stat(r.Path)
					stat.EphemeralOwner = 0xbad
					return c.Reply(r, wire.AppendStat(nil, &stat))
				}
				return false
			})
		})
		must(t, c.Create(testContext(t), "/a/x", nil, zkasync.Protected(), zkasync.Ephemeral()))
		if deleted.Load() != 1 || sent.n.Load() != 2 {
			t.Errorf("%d deletes and %d creates, want 1 and 2", deleted.Load(), sent.n.Load())
		}
	})
}

// EnsurePath and MakeParents work on servers that refuse Exists of a znode that may not be read (ZOOKEEPER-2590).
func TestEnsurePath_BelowWhatMayNotBeRead(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		hidden := map[string]bool{"/h": true, "/h/i": true}
		made := map[string]bool{}
		c := connectScripted(t, func(c *zkpeer.Conn) {
			c.Accept()
			c.Serve(func(r zkpeer.Request) bool {
				switch r.Op {
				case wire.OpExists:
					if hidden[r.Path] {
						return c.Refuse(r, codeNoAuth)
					}
					return !made[r.Path] && c.Refuse(r, codeNoNode)
				case wire.OpCreate2:
					parent := path.Dir(r.Path)
					if !hidden[parent] && !made[parent] {
						return c.Refuse(r, codeNoNode)
					}
					made[r.Path] = true
				}
				return false
			})
		})
		ctx := testContext(t)
		must(t, c.EnsurePath(ctx, "/h/i/j/k"))
		must(t, c.EnsurePath(ctx, "/h/i"))
		must(t, c.Create(ctx, "/h/i/l/m", nil, zkasync.MakeParents()))
		for _, path := range []string{"/h/i/j", "/h/i/j/k", "/h/i/l", "/h/i/l/m"} {
			if !made[path] {
				t.Errorf("%s was not created", path)
			}
		}
	})
}

const codeNoAuth = -102

// A znode without children can be deleted without the permission to list it.
func TestDeleteAll_OfWhatMayNotBeListed(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	ctx := testContext(t)
	hidden := zkasync.WithACL(zk.WorldACL(zk.PermAll &^ zk.PermRead))
	must(t, c.Create(ctx, "/h", nil, hidden))
	if n := must(t, c.DeleteAll(ctx, "/h")); n != 1 {
		t.Errorf("%d deleted, want 1", n)
	}
	must(t, c.Create(ctx, "/h", nil, hidden))
	must(t, c.Create(ctx, "/h/i", nil))
	fails(t, c.DeleteAll(ctx, "/h"), zk.ErrNoAuth)
}
