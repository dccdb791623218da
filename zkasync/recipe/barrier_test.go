package recipe_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

func TestBarrier_BlocksUntilItIsRemoved(t *testing.T) {
	t.Parallel()
	c, twin, p := proxied(t)
	b, other := recipe.NewBarrier(c, "/deep/barrier"), recipe.NewBarrier(twin, "/deep/barrier")
	must(t, b.Wait(t.Context()))
	must(t, b.Set(t.Context()))
	must(t, other.Set(t.Context()))
	waits := b.Wait(t.Context())
	enough := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	given := b.Wait(ctx)
	cancel(enough)
	fails(t, given, enough)
	must(t, twin.Set(t.Context(), "/deep/barrier", []byte("changed"), -1))
	p.Cut()
	poll(t, "reconnected", func() bool { return p.Accepted() > 1 && c.Connected() })
	must(t, c.Sync(t.Context(), "/"))
	if waits.Ready() {
		t.Error("the barrier was passed before it was removed")
	}
	must(t, other.Remove(t.Context()))
	must(t, other.Remove(t.Context()))
	must(t, waits)
}

func TestDoubleBarrier_TogetherInAndOut(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	const count = 5
	var in, out []*future.Future[future.Void]
	var all []*recipe.DoubleBarrier
	for i := range count {
		all = append(all, recipe.NewDoubleBarrier(c, "/double", count))
		if i < count-2 {
			in = append(in, all[i].Enter(t.Context()))
		}
	}
	poll(t, "all but two", func() bool { return len(names(t, c, "/double")) == count-2 })
	enough := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	given := recipe.NewDoubleBarrier(c, "/double", count+1).Enter(ctx) // it waits for one more
	cancel(enough)
	fails(t, given, enough)
	poll(t, "all but two again", func() bool { return len(names(t, c, "/double")) == count-2 })
	in = append(in, all[count-2].Enter(t.Context()))
	poll(t, "all but one", func() bool { return len(names(t, c, "/double")) == count-1 })
	for _, f := range in {
		if f.Ready() {
			t.Fatal("the barrier was passed before all had entered")
		}
	}
	must(t, all[count-1].Enter(t.Context()))
	for _, f := range in {
		must(t, f)
	}
	for _, b := range all[1:] {
		out = append(out, b.Leave(t.Context()))
	}
	must(t, c.Sync(t.Context(), "/"))
	for _, f := range out {
		if f.Ready() {
			t.Fatal("the barrier was left while one was still inside")
		}
	}
	must(t, all[0].Leave(t.Context()))
	for _, f := range out {
		must(t, f)
	}
	if left := names(t, c, "/double"); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
	fails(t, recipe.NewDoubleBarrier(c, "/double", 0).Enter(t.Context()))
}

// One participant is so slow that all others want to leave before it sees that the barrier is open. It must enter all the same.
func TestDoubleBarrier_WaitsForTheSlowest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv, slow := inMemory(t)
		other, err := zkasync.Connect(t.Context(), srv.Addr(), srv.Options()...)
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		held := srv.Fault(zktest.Fault{Op: zktest.OpExists, Path: "/b/ready", Session: slow.Session().ID, Do: zktest.Hold()})
		last, first := recipe.NewDoubleBarrier(slow, "/b", 2), recipe.NewDoubleBarrier(other, "/b", 2)
		entered := last.Enter(t.Context())
		synctest.Wait() // until its znode exists
		must(t, first.Enter(t.Context()))
		left := first.Leave(t.Context())
		time.Sleep(time.Second)
		held.Remove()
		must(t, entered)
		must(t, last.Leave(t.Context()))
		must(t, left)
		if srv.Tree() != "/\n/b\n" {
			t.Errorf("the tree is\n%s", srv.Tree())
		}
	})
}

func TestInterop_Barriers(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	for name, start := range map[string]func(*testing.T, string) *peer{"kazoo": startKazoo, "Curator": startCurator} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, servers)
			b := recipe.NewBarrier(c, "/barrier-"+name)
			p.do("done", "barrier set /barrier-%s", name)
			waits := b.Wait(t.Context())
			must(t, c.Sync(t.Context(), "/"))
			if waits.Ready() {
				t.Error("the barrier was passed before it was removed")
			}
			p.do("done", "barrier remove /barrier-%s", name)
			must(t, waits)
			must(t, b.Set(t.Context()))
			must(t, b.Remove(t.Context()))
			p.do("done", "barrier wait /barrier-%s", name)

			d := recipe.NewDoubleBarrier(c, "/double-"+name, 2)
			in := d.Enter(t.Context())
			p.do("done", "double enter /double-%s 2", name)
			must(t, in)
			out := d.Leave(t.Context())
			p.do("done", "double leave /double-%s 2", name)
			must(t, out)
		})
	}
}

// A watch that fires, or a connection that is back, lets nobody in or out by itself: only what the server answers counts.
func TestDoubleBarrier_WokenWithoutReason(t *testing.T) {
	t.Parallel()
	c, twin, p := proxied(t)
	b, other := recipe.NewDoubleBarrier(c, "/double", 2), recipe.NewDoubleBarrier(twin, "/double", 2)
	waits := func(name string, f *future.Future[future.Void]) {
		t.Helper()
		for range 3 {
			accepted := p.Accepted()
			p.Cut()
			poll(t, "reconnected", func() bool { return p.Accepted() > accepted && c.Connected() })
			must(t, twin.Set(t.Context(), "/double", []byte("changed"), zkasync.AnyVersion))
			must(t, c.Sync(t.Context(), "/"))
		}
		if f.Ready() {
			t.Fatalf("%s alone", name)
		}
	}
	in := b.Enter(t.Context())
	poll(t, "it waits", func() bool { return len(names(t, twin, "/double")) == 1 })
	waits("in", in)
	must(t, other.Enter(t.Context()))
	must(t, in)
	out := b.Leave(t.Context())
	waits("out", out)
	must(t, other.Leave(t.Context()))
	must(t, out)
}
