package recipe_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

func TestMutex_OneAtATimeAndInOrder(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	must(t, c.EnsurePath(t.Context(), "/lock")) // otherwise the first contender to create it would be first
	const contenders = 20
	var locks []*future.Future[*recipe.Held]
	for range contenders {
		locks = append(locks, recipe.NewMutex(c, "/lock").Lock(t.Context()))
	}
	var fence int64
	for i, l := range locks {
		held := must(t, l)
		if held.Fence() <= fence {
			t.Errorf("holder %d has the fence %d, the one before had %d", i, held.Fence(), fence)
		}
		fence = held.Fence()
		for _, later := range locks[i+1:] {
			if later.Ready() {
				t.Fatal("two hold the lock at once")
			}
		}
		if held.Context().Err() != nil {
			t.Errorf("lost already: %v", context.Cause(held.Context()))
		}
		must(t, held.Unlock())
		if cause := context.Cause(held.Context()); cause != recipe.ErrReleased {
			t.Errorf("cause %v", cause)
		}
	}
	if left := names(t, c, "/lock"); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

func TestMutex_OneValueContendsOnce(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	m := recipe.NewMutex(c, "/lock")
	held := must(t, m.Lock(t.Context()))
	fails(t, m.Lock(t.Context()), recipe.ErrInUse)
	fails(t, m.TryLock(t.Context()), recipe.ErrInUse)
	held.Unlock()
	again := must(t, m.TryLock(t.Context())) // sent after the deletion
	must(t, again.Unlock())
	must(t, again.Unlock())
}

// A contender that does not wait, or stops waiting, leaves no znode, and the one behind it still gets its turn.
func TestMutex_GivenUpLeavesNothing(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	held := must(t, recipe.NewMutex(c, "/lock").Lock(t.Context()))
	fails(t, recipe.NewMutex(c, "/lock").TryLock(t.Context()), recipe.ErrLocked)
	ctx, cancel := context.WithCancelCause(t.Context())
	waits := recipe.NewMutex(c, "/lock")
	second := waits.Lock(ctx)
	third := recipe.NewMutex(c, "/lock").Lock(t.Context())
	poll(t, "three in the queue", func() bool { return len(names(t, c, "/lock")) == 3 })
	enough := errors.New("enough")
	cancel(enough)
	var why *recipe.Error
	if err := fails(t, second, enough); !errors.As(err, &why) || why.Removed == nil {
		t.Fatal(err)
	}
	must(t, why.Removed)
	if left := names(t, c, "/lock"); len(left) != 2 {
		t.Errorf("left: %q", left)
	}
	held.Unlock()
	must(t, must(t, third).Unlock())
	must(t, must(t, waits.Lock(t.Context())).Unlock()) // the value can be used again
	ended, end := context.WithCancel(t.Context())
	end()
	fails(t, recipe.NewMutex(c, "/lock").Lock(ended), context.Canceled)
	if left := names(t, c, "/lock"); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

// Contexts end at any moment of an attempt.
func TestMutex_GivenUpAtAnyMoment(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	for i := range 200 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i*20)*time.Microsecond)
		held, err := get(recipe.NewMutex(c, "/lock").Lock(ctx))
		if err == nil {
			held.Unlock()
		} else if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		cancel()
	}
	poll(t, "nothing left", func() bool { return len(names(t, c, "/lock")) == 0 })
}

func TestMutex_EndsWithItsZnode(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	held := must(t, recipe.NewMutex(c, "/lock", recipe.WithIdentifier("me")).Lock(t.Context()))
	next := recipe.NewMutex(c, "/lock").Lock(t.Context())
	must(t, c.Set(t.Context(), held.Path(), []byte("__REVOKE__"), zkasync.AnyVersion)) // as Curator's Revoker does
	must(t, c.Sync(t.Context(), "/"))
	if held.Context().Err() != nil {
		t.Error("a change of its data has ended the lock")
	}
	must(t, held.Multi(t.Context(), zkasync.CreateOp("/written", nil)))
	must(t, c.Delete(t.Context(), held.Path(), zkasync.AnyVersion))
	<-held.Done()
	if cause := context.Cause(held.Context()); cause != recipe.ErrDeleted {
		t.Errorf("cause %v", cause)
	}
	must(t, must(t, next).Unlock())
	fails(t, held.Multi(t.Context(), zkasync.CreateOp("/late", nil)), recipe.ErrNotHeld)
	if must(t, c.Exists(t.Context(), "/late")) != nil {
		t.Error("a former holder has written")
	}
	must(t, held.Unlock())
}

func TestMutex_MultiFailsLikeTheClients(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	held := must(t, recipe.NewMutex(c, "/lock").Lock(t.Context()))
	results := must(t, held.Multi(t.Context(), zkasync.CreateOp("/a", nil), zkasync.SetOp("/a", nil, 0)))
	if len(results) != 2 || results[0].Path != "/a" {
		t.Errorf("results %+v", results)
	}
	var m *zkasync.MultiError
	if err := fails(t, held.Multi(t.Context(), zkasync.CreateOp("/b", nil), zkasync.CreateOp("/a", nil)), zk.ErrNodeExists); !errors.As(err, &m) || m.Index != 1 {
		t.Error(err)
	}
}

// A waiter whose znode is deleted goes to the end of the queue.
func TestMutex_WaiterWhoseZnodeIsDeleted(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	held := must(t, recipe.NewMutex(c, "/lock").Lock(t.Context()))
	waits := recipe.NewMutex(c, "/lock").Lock(t.Context())
	var own string
	poll(t, "two in the queue", func() bool {
		for _, name := range names(t, c, "/lock") {
			if "/lock/"+name != held.Path() {
				own = name
			}
		}
		return own != ""
	})
	must(t, c.Delete(t.Context(), "/lock/"+own, zkasync.AnyVersion))
	poll(t, "a new znode", func() bool {
		left := names(t, c, "/lock")
		return len(left) == 2 && !slices.Contains(left, own)
	})
	held.Unlock()
	must(t, must(t, waits).Unlock())
}

// Znodes of others below the path do no harm, and neither does the deletion of the whole path.
func TestMutex_StrangersAndVanishingParents(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	for _, name := range []string{"readme", "lock-", "lock-abc", "lock-12", "x-00000000001234567890", "ünï-0000000000"} {
		must(t, c.Create(t.Context(), "/deep/down/lock/"+name, nil, zkasync.MakeParents()))
	}
	m := recipe.NewMutex(c, "/deep/down/lock")
	must(t, must(t, m.Lock(t.Context())).Unlock())
	must(t, c.DeleteAll(t.Context(), "/deep"))
	held := must(t, m.Lock(t.Context()))
	next := recipe.NewMutex(c, "/deep/down/lock").Lock(t.Context())
	poll(t, "two in the queue", func() bool { return len(names(t, c, "/deep/down/lock")) == 2 })
	must(t, c.DeleteAll(t.Context(), "/deep"))
	<-held.Done()
	must(t, must(t, next).Unlock())
}

// The znode in front may not be read.
func TestMutex_HiddenPredecessor(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	other := connect(t, servers, zkasync.WithAuth("digest", []byte("a:b")))
	closed := recipe.WithACL(zk.DigestACL(zk.PermAll, "a", "b"))
	must(t, c.EnsurePath(t.Context(), "/lock"))
	held := must(t, recipe.NewMutex(other, "/lock", closed).Lock(t.Context()))
	next := recipe.NewMutex(c, "/lock").Lock(t.Context())
	poll(t, "two in the queue", func() bool { return len(names(t, c, "/lock")) == 2 })
	for range 20 { // until it has found that out and waits
		must(t, c.Exists(t.Context(), "/"))
	}
	held.Unlock()
	must(t, must(t, next).Unlock())
}

func TestMutex_BadInput(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	for _, m := range []*recipe.Mutex{
		recipe.NewMutex(c, "no/slash"),
		recipe.NewMutex(c, "/lock", recipe.WithLease(7)),
		recipe.NewMutex(c, "/lock", recipe.WithNaming(recipe.Naming{Lock: "a/b"})),
		recipe.NewMutex(c, "/lock", recipe.WithACL(nil)),
	} {
		err := fails(t, m.Lock(t.Context()))
		if !strings.HasPrefix(err.Error(), "recipe: lock ") {
			t.Error(err)
		}
		fails(t, m.Lock(t.Context())) // for the same reason, not because it is in use
		if errors.Is(err, recipe.ErrInUse) {
			t.Error(err)
		}
	}
}
