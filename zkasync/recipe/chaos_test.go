package recipe_test

import (
	"cmp"
	"context"
	"flag"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

var chaosDuration = flag.Duration("chaos.duration", 8*time.Second, "how long contenders are disturbed")

// register records the writes of holders, and which context says that it holds the lock.
type register struct {
	mu     sync.Mutex
	holder *recipe.Held
	writes []write
	locked int
}

// write is a write that has succeeded.
type write struct{ zxid, fence int64 }

// acquired checks that the context of the holder before has ended.
func (r *register) acquired(t *testing.T, h *recipe.Held) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.holder != nil && r.holder.Context().Err() == nil && h.Context().Err() == nil {
		t.Errorf("%s holds the lock, and so does %s", r.holder.Path(), h.Path())
	}
	r.holder = h
	r.locked++
}

// hasShown reports whether the lock was held often enough to show anything.
func (r *register) hasShown() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.locked >= 3 && len(r.writes) > 0
}

// The connections of contenders are lost and frozen, sometimes for longer than their sessions. They write without checking whether
// they still hold the lock. By their contexts there is one holder at a time, and no write of a former holder comes after one of a
// later holder.
func TestChaos_OneHolderAndOrderedFences(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	must(t, c.Create(t.Context(), "/register", nil))
	var r register
	var contenders sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	time.AfterFunc(*chaosDuration, func() {
		for deadline := time.Now().Add(wait); !r.hasShown() && time.Now().Before(deadline); { // a busy machine needs more time
			sleep(ctx, 100*time.Millisecond)
		}
		cancel()
	})
	_, root, _ := strings.Cut(servers, "/")
	for i := range 6 {
		p := zkproxy.Run(t, zkserver.Shared(t).Addr())
		client := connect(t, p.Addr()+"/"+root, zkasync.WithSessionTimeout(4*time.Second))
		lease := recipe.Lease(i % 2)
		contenders.Add(2)
		go func() {
			defer contenders.Done()
			for ctx.Err() == nil {
				r.contend(t, ctx, client, lease)
			}
		}()
		go func() {
			defer contenders.Done()
			disturb(ctx, p)
		}()
	}
	contenders.Wait()
	slices.SortFunc(r.writes, func(a, b write) int { return cmp.Compare(a.zxid, b.zxid) })
	for i := 1; i < len(r.writes); i++ {
		if r.writes[i].fence < r.writes[i-1].fence {
			t.Errorf("the holder with fence %d wrote after the one with fence %d", r.writes[i].fence, r.writes[i-1].fence)
		}
	}
	if t.Logf("%d times held, %d writes", r.locked, len(r.writes)); !r.hasShown() {
		t.Error("too few to show anything")
	}
	poll(t, "nothing left", func() bool { return len(names(t, c, "/lock")) == 0 })
}

func (r *register) contend(t *testing.T, ctx context.Context, c *zkasync.Client, lease recipe.Lease) {
	waiting, cancel := context.WithTimeout(ctx, rand.N(3*time.Second))
	defer cancel()
	held, err := recipe.NewMutex(c, "/lock", recipe.WithLease(lease)).Lock(waiting).Get(context.Background())
	if err != nil {
		return
	}
	r.acquired(t, held)
	for range 3 {
		set := zkasync.SetOp("/register", strconv.AppendInt(nil, held.Fence(), 10), zkasync.AnyVersion)
		if results, err := get(held.Multi(context.Background(), set)); err == nil {
			r.mu.Lock()
			r.writes = append(r.writes, write{results[0].Stat.Mzxid, held.Fence()})
			r.mu.Unlock()
		}
		time.Sleep(rand.N(20 * time.Millisecond))
	}
	held.Unlock()
}

// disturb breaks a connection now and then, for a moment or for longer than a session.
func disturb(ctx context.Context, p *zkproxy.Proxy) {
	defer p.Heal()
	for ctx.Err() == nil {
		sleep(ctx, rand.N(2*time.Second))
		switch rand.IntN(4) {
		case 0:
			p.Cut()
		case 1:
			p.Drop(zkproxy.ToClient, true)
			sleep(ctx, rand.N(6*time.Second))
		case 2:
			p.Hold(zkproxy.ToServer, true)
			sleep(ctx, rand.N(3*time.Second))
		}
		p.Cut() // a TCP connection cannot go on after losing bytes
		p.Heal()
	}
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
