package zkasync_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// mixer sets and gives up watches of all kinds on a few paths, at random. Several run at once, each on its own goroutine.
type mixer struct {
	c    *zkasync.Client
	rng  *rand.Rand
	subs []*zkasync.Subscription
	once []*future.Future[zkasync.Event]
	err  error
}

var mixPaths = []string{"/a", "/b"}

func (m *mixer) run(t *testing.T, steps int) {
	for range steps {
		if err := m.step(t); err != nil {
			m.err = err
			return
		}
	}
}

// closeAll closes everything except one-shot watches.
func (m *mixer) closeAll() {
	for _, s := range m.subs {
		s.Close()
	}
	m.subs = nil
}

// step does one thing. It often does not wait for the answer, so that requests of all kinds are in flight together.
func (m *mixer) step(t *testing.T) (err error) {
	path := mixPaths[m.rng.IntN(len(mixPaths))]
	ctx := t.Context()
	switch m.rng.IntN(8) {
	case 0, 1:
		var s *zkasync.Subscription
		mode := zkasync.AddWatchMode(m.rng.IntN(2))
		if s, err = m.c.AddWatch(ctx, path, mode, zkasync.BufferEvents(1<<14)).Get(ctx); err == nil {
			m.subs = append(m.subs, s)
		}
	case 2, 3:
		if n := len(m.subs); n > 0 {
			m.subs[n-1].Close()
			m.subs = m.subs[:n-1]
		}
	case 4:
		data, children := m.c.GetW(ctx, path), m.c.ChildrenW(ctx, path)
		return m.keep(ctx, data, children)
	case 5:
		var w zkasync.Watched[zkasync.Children]
		if w, err = m.c.ChildrenW(ctx, path).Get(ctx); err == nil {
			m.once = append(m.once, w.Event)
		}
	case 6:
		if n := len(m.once); n > 0 {
			m.c.Unwatch(m.once[n-1])
			m.once = m.once[:n-1]
		}
	case 7:
		_, err = m.c.Set(ctx, path, nil, zkasync.AnyVersion).Get(ctx)
	}
	return err
}

func (m *mixer) keep(ctx context.Context, data *future.Future[zkasync.Watched[zkasync.Node]], children *future.Future[zkasync.Watched[zkasync.Children]]) error {
	d, err := data.Get(ctx)
	if err != nil {
		return err
	}
	ch, err := children.Get(ctx)
	m.once = append(m.once, d.Event, ch.Event)
	return err
}

// Whatever watches were set and removed before, each one that is left gets the next change. Servers before 3.9 have only one watch per
// path, and the last request decides which.
func TestWatch_RandomMixIsNeverLost(t *testing.T) {
	t.Parallel()
	needsAddWatch(t)
	const rounds, goroutines, steps = 25, 4, 40
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	c := rooted(t)
	for _, path := range mixPaths {
		must(t, c.Create(t.Context(), path, nil))
	}
	for round := range rounds {
		mixers := make([]*mixer, goroutines)
		var wg sync.WaitGroup
		for i := range mixers {
			m := &mixer{c: c, rng: rand.New(rand.NewPCG(seed, uint64(round*goroutines+i)))}
			mixers[i] = m
			wg.Go(func() {
				m.run(t, steps)
				if round%2 == 1 {
					m.closeAll()
				}
			})
		}
		wg.Wait()
		checkMix(t, c, mixers, fmt.Sprintf("x%d", round))
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
}

func checkMix(t *testing.T, c *zkasync.Client, mixers []*mixer, child string) {
	t.Helper()
	must(t, c.Sync(t.Context(), "/"))
	must(t, c.Sync(t.Context(), "/")) // what the first one's predecessors led to has gone out as well
	for _, path := range mixPaths {
		must(t, c.Set(t.Context(), path, []byte(child), zkasync.AnyVersion))
		must(t, c.Create(t.Context(), path+"/"+child, nil))
	}
	must(t, c.Sync(t.Context(), "/"))
	for _, m := range mixers {
		if m.err != nil {
			t.Error(m.err)
		}
		for _, event := range m.once {
			if !event.Ready() {
				t.Error("a one-shot watch did not fire")
			}
		}
		for _, s := range m.subs {
			checkLast(t, s, child)
			s.Close()
		}
	}
}

// checkLast checks the last two events of a subscription.
func checkLast(t *testing.T, s *zkasync.Subscription, child string) {
	t.Helper()
	var last [2]string
	for len(s.C()) > 0 {
		last[0], last[1] = last[1], eventLine(<-s.C())
	}
	want := [2]string{"changed " + s.Path(), "children " + s.Path()}
	if s.Mode() == zkasync.PersistentRecursive {
		want[1] = "created " + s.Path() + "/" + child
	}
	if last != want {
		t.Errorf("%v subscription ends with %q, want %q", s.Mode(), last, want)
	}
}
