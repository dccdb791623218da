package recipe_test

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
	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

func TestMutex_OneAtATimeAndInOrder(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	must(t, c.EnsurePath(t.Context(), "/lock")) // who makes it first is first
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
				t.Fatal("two have it")
			}
		}
		if held.Context().Err() != nil {
			t.Errorf("over already: %v", context.Cause(held.Context()))
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
	again := must(t, m.TryLock(t.Context())) // behind the deletion
	must(t, again.Unlock())
	must(t, again.Unlock())
}

// Who does not wait, and who stops waiting, leaves nothing, and the one behind is not forgotten.
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

// A context ends at any moment of an attempt.
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
	must(t, c.Set(t.Context(), held.Path(), []byte("__REVOKE__"), zkasync.AnyVersion)) // as Curator's Revoker
	must(t, c.Sync(t.Context(), "/"))
	if held.Context().Err() != nil {
		t.Error("a change of the data has ended it")
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

func TestMutex_MultiFailsAsEver(t *testing.T) {
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

// A waiter whose znode is deleted stands at the end of the queue again.
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

// What others have put below the path does no harm, and neither does the whole path's deletion.
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

// The znode of the one in front may not be read.
func TestMutex_HiddenPredecessor(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	other := connect(t, servers, zkasync.WithAuth("digest", []byte("a:b")))
	closed := recipe.WithACL(zk.DigestACL(zk.PermAll, "a", "b"))
	must(t, c.EnsurePath(t.Context(), "/lock"))
	held := must(t, recipe.NewMutex(other, "/lock", closed).Lock(t.Context()))
	next := recipe.NewMutex(c, "/lock").Lock(t.Context())
	poll(t, "two in the queue", func() bool { return len(names(t, c, "/lock")) == 2 })
	for range 20 { // it has found out and waits
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
		fails(t, m.Lock(t.Context())) // and not because it is in use
		if errors.Is(err, recipe.ErrInUse) {
			t.Error(err)
		}
	}
}

// The end of the context is not held up by a server that does not answer.
func TestMutex_GivenUpWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	c, twin, p := proxied(t)
	must(t, c.EnsurePath(t.Context(), "/lock"))
	p.Hold(zkproxy.ToClient, true)
	ctx, cancel := context.WithCancel(t.Context())
	waits := recipe.NewMutex(c, "/lock").Lock(ctx)
	poll(t, "its znode", func() bool { return len(names(t, twin, "/lock")) == 1 })
	onHandler := make(chan bool, 1)
	waits.OnDone(func(*recipe.Held, error) { onHandler <- c.Connected() })
	cancel()
	var why *recipe.Error
	if err := fails(t, waits, context.Canceled); !errors.As(err, &why) {
		t.Fatal(err)
	}
	<-onHandler
	if why.Removed.Ready() {
		t.Error("it is gone, and nobody has said so")
	}
	p.Heal()
	must(t, why.Removed)
	if left := names(t, twin, "/lock"); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

func proxied(t *testing.T, opts ...zkasync.Option) (c, twin *zkasync.Client, p *zkproxy.Proxy) {
	t.Helper()
	servers, twin := place(t)
	p = zkproxy.Run(t, zkserver.Shared(t).Addr())
	_, root, _ := strings.Cut(servers, "/")
	return connect(t, p.Addr()+"/"+root, opts...), twin, p
}

// By default a lost connection ends what is held, and gives it to the next as soon as the connection is back; with UntilLost
// it passes.
func TestMutex_LostConnection(t *testing.T) {
	t.Parallel()
	for name, lease := range map[string]recipe.Lease{"until suspended": recipe.UntilSuspended, "until lost": recipe.UntilLost} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, twin, p := proxied(t)
			m := recipe.NewMutex(c, "/lock", recipe.WithLease(lease))
			held := must(t, m.Lock(t.Context()))
			next := recipe.NewMutex(twin, "/lock").Lock(t.Context())
			p.Cut()
			poll(t, "reconnected", func() bool { return p.Accepted() > 1 && c.State() == zkasync.StateConnected })
			if lease == recipe.UntilSuspended {
				var end *zkasync.SessionEndError
				<-held.Done()
				if cause := context.Cause(held.Context()); !errors.As(cause, &end) || end.State != zkasync.StateSuspended {
					t.Errorf("cause %v", cause)
				}
				must(t, must(t, next).Unlock())
				must(t, must(t, m.Lock(t.Context())).Unlock())
				return
			}
			must(t, c.Sync(t.Context(), "/"))
			if held.Context().Err() != nil || next.Ready() {
				t.Error("an outage within the session has ended it")
			}
			must(t, held.Multi(t.Context(), zkasync.CreateOp("/a", nil)))
			held.Unlock()
			must(t, must(t, next).Unlock())
		})
	}
}

// Who waits goes on waiting across lost connections, in the old place.
func TestMutex_WaitsThroughOutages(t *testing.T) {
	t.Parallel()
	c, twin, p := proxied(t)
	held := must(t, recipe.NewMutex(twin, "/lock").Lock(t.Context()))
	waits := recipe.NewMutex(c, "/lock").Lock(t.Context())
	poll(t, "two in the queue", func() bool { return len(names(t, twin, "/lock")) == 2 })
	behind := recipe.NewMutex(twin, "/lock").Lock(t.Context())
	for n := range 3 {
		p.Cut()
		poll(t, "reconnected", func() bool { return p.Accepted() > n+1 && c.State() == zkasync.StateConnected })
	}
	held.Unlock()
	got := must(t, waits)
	if behind.Ready() {
		t.Error("two have it")
	}
	got.Unlock()
	must(t, must(t, behind).Unlock())
}

// The session ends under a holder and under a waiter: the holder is told before anybody else can have it, the waiter queues again.
func TestMutex_LostSession(t *testing.T) {
	t.Parallel()
	const session = 4 * time.Second
	c, twin, p := proxied(t, zkasync.WithSessionTimeout(session))
	held := must(t, recipe.NewMutex(c, "/lock", recipe.WithLease(recipe.UntilLost)).Lock(t.Context()))
	waits := recipe.NewMutex(c, "/lock").Lock(t.Context())
	poll(t, "two in the queue", func() bool { return len(names(t, twin, "/lock")) == 2 })
	next := recipe.NewMutex(twin, "/lock").Lock(t.Context())
	p.Drop(zkproxy.ToServer, true)
	p.Drop(zkproxy.ToClient, true)
	select {
	case <-held.Done():
	case <-next.Done():
		t.Error("two have it")
	}
	got := must(t, next)
	p.Cut()
	p.Heal()
	poll(t, "the waiter is back", func() bool { return len(names(t, twin, "/lock")) == 2 })
	if err := fails(t, held.Multi(t.Context()), recipe.ErrNotHeld); errors.Is(err, zkasync.ErrSessionExpired) || errors.Is(err, zkasync.ErrConnectionLoss) {
		t.Errorf("%v: whoever repeats what a lost session has failed would repeat it for ever", err)
	}
	got.Unlock()
	must(t, must(t, waits).Unlock())
}

// A thousand wait: an unlock wakes the next one, and nobody else asks the server for anything.
func TestMutex_HandsOverToOne(t *testing.T) {
	t.Parallel()
	srv := zkserver.Run(t)
	c := connect(t, srv.Addr())
	must(t, c.EnsurePath(t.Context(), "/lock"))
	const waiters = 1000
	var locks []*future.Future[*recipe.Held]
	for range waiters {
		locks = append(locks, recipe.NewMutex(c, "/lock").Lock(t.Context()))
	}
	held := must(t, locks[0])
	poll(t, "all in the queue", func() bool { return len(names(t, c, "/lock")) == waiters })
	must(t, c.Sync(t.Context(), "/"))
	time.Sleep(100 * time.Millisecond) // what they ask for at first has been asked
	before := received(t, srv)
	const handovers = 100
	for i := range handovers {
		held.Unlock()
		held = must(t, locks[i+1])
	}
	if n := received(t, srv) - before; n > 3*handovers { // a delete and a list, and some heartbeats
		t.Errorf("%d requests for %d handovers", n, handovers)
	}
}

// received is how many packets a server has received.
func received(t *testing.T, srv *zkserver.Server) (n int) {
	t.Helper()
	stats, err := srv.FourLetter(t.Context(), "mntr")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(stats, "zk_packets_received\t")
	if _, err := fmt.Sscan(rest, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestRWMutex_Downgrade(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	for _, naming := range []recipe.Naming{recipe.Curator, recipe.Kazoo} {
		path := "/" + naming.Read
		must(t, c.EnsurePath(t.Context(), path))
		m := recipe.NewRWMutex(c, path, recipe.WithNaming(naming))
		writer := must(t, m.Lock(t.Context()))
		next := recipe.NewRWMutex(c, path, recipe.WithNaming(naming)).Lock(t.Context())
		poll(t, "another writer", func() bool { return len(names(t, c, path)) == 2 })
		reader := must(t, m.Downgrade(t.Context(), writer))
		if cause := context.Cause(writer.Context()); cause != recipe.ErrReleased || reader.Context().Err() != nil || reader.Fence() != writer.Fence() {
			t.Errorf("writer %v, reader %v, fences %d and %d", cause, context.Cause(reader.Context()), writer.Fence(), reader.Fence())
		}
		fails(t, m.Downgrade(t.Context(), writer), recipe.ErrNotHeld)
		fails(t, m.RLock(t.Context()), recipe.ErrInUse)
		poll(t, "the writer's znode is gone", func() bool { return len(names(t, c, path)) == 2 })
		must(t, c.Sync(t.Context(), "/"))
		if next.Ready() {
			t.Error("a writer beside a reader")
		}
		must(t, reader.Multi(t.Context()))
		must(t, reader.Unlock())
		after := must(t, next)
		if after.Fence() <= reader.Fence() {
			t.Errorf("fence %d behind a reader's %d", after.Fence(), reader.Fence())
		}
		must(t, after.Unlock())
		again := must(t, m.RLock(t.Context()))
		fails(t, m.Downgrade(t.Context(), again)) // no writer's
		must(t, again.Unlock())
	}
}

// A writer whose znode is gone has nothing to make a reader's lock of.
func TestRWMutex_DowngradeOfWhatIsLost(t *testing.T) {
	t.Parallel()
	c, twin, p := proxied(t)
	m := recipe.NewRWMutex(c, "/rw", recipe.WithLease(recipe.UntilLost))
	writer := must(t, m.Lock(t.Context()))
	p.Hold(zkproxy.ToClient, true) // it does not learn that
	must(t, twin.Delete(t.Context(), writer.Path(), zkasync.AnyVersion))
	other := must(t, recipe.NewRWMutex(twin, "/rw").Lock(t.Context()))
	late := m.Downgrade(t.Context(), writer)
	poll(t, "one in the queue", func() bool { return len(names(t, twin, "/rw")) == 1 })
	p.Heal()
	fails(t, late, recipe.ErrNotHeld)
	if other.Context().Err() != nil || len(names(t, twin, "/rw")) != 1 {
		t.Error("the other writer is disturbed")
	}
}

// The answer to the downgrade is lost: it has taken place, or is made again.
func TestRWMutex_DowngradeWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	for _, when := range []zktest.When{zktest.Before, zktest.After} {
		srv := zktest.Run(t)
		addr, err := srv.Listen("127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		c := connect(t, addr)
		m := recipe.NewRWMutex(c, "/rw", recipe.WithLease(recipe.UntilLost))
		writer := must(t, m.Lock(t.Context()))
		lost := srv.Fault(zktest.Fault{Op: zktest.OpMulti, Count: 1, When: when, Do: zktest.Drop()})
		reader := must(t, m.Downgrade(t.Context(), writer))
		must(t, writer.Unlock())
		if l := names(t, c, "/rw"); len(l) != 1 || "/rw/"+l[0] != reader.Path() || lost.Fired() != 1 {
			t.Errorf("there are %q, want %s alone", l, reader.Path())
		}
		must(t, reader.Unlock())
	}
}
