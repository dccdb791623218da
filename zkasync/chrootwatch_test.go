package zkasync_test

import (
	"errors"
	"fmt"
	"path"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
)

// errOf returns the error of an operation.
func errOf[T any](t *testing.T, f *future.Future[T]) error {
	t.Helper()
	_, err := f.Get(testContext(t))
	return err
}

// failing returns the errors of operations on znodes that do not exist.
func failing(t *testing.T, c *zkasync.Client) map[string]error {
	t.Helper()
	ctx := t.Context()
	fs := map[string]error{
		"get":      errOf(t, c.Get(ctx, "/x")),
		"getw":     errOf(t, c.GetW(ctx, "/x")),
		"children": errOf(t, c.Children(ctx, "/x")),
		"acl":      errOf(t, c.GetACL(ctx, "/x")),
		"set":      errOf(t, c.Set(ctx, "/x", nil, zkasync.AnyVersion)),
		"delete":   errOf(t, c.Delete(ctx, "/x", zkasync.AnyVersion)),
		"create":   errOf(t, c.Create(ctx, "/x/y", nil)),
		"multi":    errOf(t, c.Multi(ctx, zkasync.CheckOp("/x", 0))),
	}
	return fs
}

func wantChrootError(t *testing.T, when string, errs map[string]error, chroot string) {
	t.Helper()
	for op, err := range errs {
		var missing *zkasync.ChrootError
		if !errors.Is(err, zk.ErrNoNode) || !errors.Is(err, zkasync.ServerError{Code: wire.CodeNoNode}) {
			t.Errorf("%s: %s: %v is not zk.ErrNoNode", when, op, err)
		}
		if errors.As(err, &missing) != (chroot != "") || missing != nil && missing.Chroot != chroot {
			t.Errorf("%s: %s: %v, want the chroot %q in it", when, op, err, chroot)
		}
	}
}

// While the chroot is created and deleted, exactly those errors say that it is missing that come from that.
func TestChroot_MissingIsReportedWhileItIs(t *testing.T) {
	forEachChroot(t, func(t *testing.T, c, whole *zkasync.Client, chroot string) {
		ctx := t.Context()
		must(t, whole.EnsurePath(ctx, path.Dir(chroot)))
		wantChrootError(t, "before", failing(t, c), chroot)
		for i := range 3 {
			must(t, whole.Create(ctx, chroot, nil))
			must(t, c.Sync(ctx, "/"))
			wantChrootError(t, fmt.Sprintf("created %d", i), failing(t, c), "")
			must(t, whole.Set(ctx, chroot, []byte{byte(i)}, zkasync.AnyVersion))
			must(t, c.Sync(ctx, "/"))
			if i == 1 {
				must(t, c.ExistsW(ctx, "/"))
				must(t, c.RemoveWatches(ctx, "/", zkasync.WatcherAny))
			}
			must(t, whole.Delete(ctx, chroot, zkasync.AnyVersion))
			must(t, c.Sync(ctx, "/"))
			poll(t, "the chroot to be missed", func() bool { // the first operations may not know yet
				return isChrootMissing(errOf(t, c.Get(ctx, "/x")))
			})
			wantChrootError(t, fmt.Sprintf("deleted %d", i), failing(t, c), chroot)
		}
	})
}

// Another client creates and deletes the chroot while operations are in flight. An operation that was answered while the chroot
// existed never fails with an error that says that it is missing.
func TestChroot_MissingIsNeverClaimedFalsely(t *testing.T) {
	for name, open := range map[string]func(t *testing.T, opts ...zkasync.Option) *zkasync.Client{
		"connection string": func(t *testing.T, opts ...zkasync.Option) *zkasync.Client {
			return connect(t, "peer.test/app", opts...)
		},
		"view": func(t *testing.T, opts ...zkasync.Option) *zkasync.Client {
			c := view(t, connect(t, "peer.test", opts...), "/app")
			poll(t, "the chroot to be missed", func() bool { return isChrootMissing(errOf(t, c.Get(t.Context(), "/a"))) })
			return c
		},
	} {
		inBubbleNamed(t, name, func(t *testing.T) {
			exists := false
			peer := zkpeer.Pipes(t, func(c *zkpeer.Conn) {
				c.Accept()
				watched := false
				c.Serve(func(r zkpeer.Request) bool {
					switch {
					case r.Op == wire.OpExists && !exists:
						watched = true
						c.Refuse(r, wire.CodeNoNode)
					case r.Op == wire.OpSync: // creates the chroot
						if exists = true; watched {
							c.Event(wire.WatchEvent{Type: int32(zk.EventNodeCreated), State: 3, Path: "/app"})
						}
						return false
					case r.Op == wire.OpGetData:
						c.Refuse(r, wire.CodeNoNode)
					default:
						return false
					}
					return true
				})
			})
			c := open(t, zkasync.WithDialer(peer.Dial), zkasync.WithSessionTimeout(bubbleSession))
			before := c.Get(t.Context(), "/a")
			c.Sync(t.Context(), "/")
			after := c.Get(t.Context(), "/a")
			wantChrootError(t, "before", map[string]error{"get": errOf(t, before)}, "/app")
			wantChrootError(t, "after", map[string]error{"get": errOf(t, after)}, "")
		})
	}
}

// A subscription on a missing chroot gets the event of its creation, although the client itself watches for that as well.
func TestChroot_MissingIsWatchedBesideASubscription(t *testing.T) {
	needsAddWatch(t)
	forEachChroot(t, func(t *testing.T, c, whole *zkasync.Client, chroot string) {
		for _, mode := range []zkasync.AddWatchMode{zkasync.Persistent, zkasync.PersistentRecursive} {
			ctx := t.Context()
			must(t, whole.EnsurePath(ctx, path.Dir(chroot)))
			events := must(t, c.AddWatch(ctx, "/", mode))
			for range 3 {
				wantChrootError(t, "missing", failing(t, c), chroot)
				must(t, whole.Create(ctx, chroot, nil))
				must(t, c.Sync(ctx, "/"))
				wantChrootError(t, "created", failing(t, c), "")
				must(t, whole.Delete(ctx, chroot, zkasync.AnyVersion))
				must(t, c.Sync(ctx, "/"))
				poll(t, "the chroot to be missed", func() bool {
					return isChrootMissing(errOf(t, c.Get(ctx, "/x")))
				})
			}
			for i, e := range nextEvents(t, events, 6) {
				want := []zk.EventType{zk.EventNodeCreated, zk.EventNodeDeleted}[i%2]
				if e.Type != want || e.Path != "/" {
					t.Errorf("%v: event %d is %v, want %v", mode, i, e, want)
				}
			}
			events.Close()
			must(t, c.Sync(ctx, "/"))
			must(t, whole.Create(ctx, chroot, nil))
			must(t, c.Sync(ctx, "/"))
			wantChrootError(t, "created after the subscription's end", failing(t, c), "")
			must(t, whole.Delete(ctx, chroot, zkasync.AnyVersion))
			must(t, c.Sync(ctx, "/"))
			poll(t, "the chroot to be missed", func() bool { return isChrootMissing(errOf(t, c.Get(ctx, "/x"))) })
		}
	})
}
