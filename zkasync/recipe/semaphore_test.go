package recipe_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

func TestSemaphore_LimitsTheHolders(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	const most, all = 3, 20
	s := recipe.NewSemaphore(c, "/deep/semaphore", most)
	var waiting []*future.Future[*recipe.Held]
	for range all {
		waiting = append(waiting, s.Acquire(t.Context()))
	}
	var inside atomic.Int32
	done := make(chan int32)
	for _, w := range waiting {
		go func() {
			held, err := get(w)
			if err != nil {
				t.Error(err)
				done <- 0
				return
			}
			n := inside.Add(1)
			time.Sleep(5 * time.Millisecond)
			inside.Add(-1)
			held.Unlock()
			done <- n
		}()
	}
	peak := int32(0)
	for range waiting {
		peak = max(peak, <-done)
	}
	if peak > most {
		t.Errorf("%d holders at a time, want at most %d", peak, most)
	}
	poll(t, "nothing left", func() bool {
		return len(names(t, c, "/deep/semaphore/leases"))+len(names(t, c, "/deep/semaphore/locks")) == 0
	})
}

func TestSemaphore_GivenUpLeavesNothing(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	s := recipe.NewSemaphore(c, "/semaphore", 1)
	held := must(t, s.Acquire(t.Context()))
	ctx, cancel := context.WithCancelCause(t.Context())
	waits, behind, last := s.Acquire(ctx), s.Acquire(ctx), s.Acquire(t.Context())
	poll(t, "one waits for a lease", func() bool { return len(names(t, c, "/semaphore/leases")) == 2 })
	enough := errors.New("enough")
	cancel(enough)
	fails(t, waits, enough)
	fails(t, behind, enough)
	held.Unlock()
	must(t, must(t, last).Unlock())
	poll(t, "nothing left", func() bool {
		return len(names(t, c, "/semaphore/leases"))+len(names(t, c, "/semaphore/locks")) == 0
	})
	fails(t, recipe.NewSemaphore(c, "/semaphore", 0).Acquire(t.Context()))
}

// A waiter that is next loses its turn with the connection, and gets it again.
func TestSemaphore_WaitsThroughOutages(t *testing.T) {
	t.Parallel()
	c, twin, p := proxied(t)
	held := must(t, recipe.NewSemaphore(twin, "/semaphore", 1).Acquire(t.Context()))
	waits := recipe.NewSemaphore(c, "/semaphore", 1).Acquire(t.Context())
	poll(t, "it waits for a lease", func() bool { return len(names(t, twin, "/semaphore/leases")) == 2 })
	p.Cut()
	poll(t, "reconnected", func() bool { return p.Accepted() > 1 && c.State() == zkasync.StateConnected })
	held.Unlock()
	must(t, must(t, waits).Unlock())
	poll(t, "nothing left", func() bool {
		return len(names(t, twin, "/semaphore/leases"))+len(names(t, twin, "/semaphore/locks")) == 0
	})
}

// When a session ends, its lease is lost for its holder, and free for others.
func TestSemaphore_LostSession(t *testing.T) {
	t.Parallel()
	srv, c := inMemory(t)
	other := client(t, srv)
	held := must(t, recipe.NewSemaphore(c, "/semaphore", 1).Acquire(t.Context()))
	waits := recipe.NewSemaphore(other, "/semaphore", 1).Acquire(t.Context())
	poll(t, "it waits for a lease", func() bool { return len(names(t, other, "/semaphore/leases")) == 2 })
	if err := srv.Expire(c.Session().ID); err != nil {
		t.Fatal(err)
	}
	within(t, "the end of the lease", func() { <-held.Done() })
	if held.Context().Err() == nil || context.Cause(held.Context()) == nil {
		t.Error("the context of the lost lease has not ended")
	}
	second := must(t, waits)
	if second.Fence() <= held.Fence() {
		t.Errorf("fence %d after %d", second.Fence(), held.Fence())
	}
	again := recipe.NewSemaphore(c, "/semaphore", 1).Acquire(t.Context()) // in the next session
	poll(t, "it waits for a lease again", func() bool { return len(names(t, other, "/semaphore/leases")) == 2 })
	must(t, second.Unlock())
	must(t, again)
}
