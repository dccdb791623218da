package schedules

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

// onlookers ask who leads an election, and follow its leaders.
type onlookers struct {
	w    *world
	hist *history
	stop context.CancelFunc
	done sync.WaitGroup

	mu   sync.Mutex
	last map[int]recipe.Contender // by process: the leader that it has seen last
}

func (o *onlookers) begin(w *world, m *monitor) {
	o.w, o.hist, o.last = w, &history{w: w}, make(map[int]recipe.Contender)
	ctx, cancel := context.WithCancel(context.Background())
	o.stop = cancel
	for _, p := range w.procs {
		a := p.actor(fmt.Sprintf("onlooker of process %d", p.id))
		w.actors.Go(func() { o.ask(&a) })
		b := p.actor(fmt.Sprintf("follower of process %d", p.id))
		o.done.Go(func() { o.follow(ctx, &b) })
	}
}

// ask asks now and then who leads, after a sync, so that the answer is not outdated.
func (o *onlookers) ask(a *actor) {
	for a.w.disturbed() {
		a.sleep(2 * time.Second)
		c, call := a.p.client(), a.w.now()
		synced := c.Sync(context.Background(), "/election")
		leads, err := done(a, "leader", recipe.NewElection(c, "/election").Leader(context.Background()))
		if err != nil && !errors.Is(err, recipe.ErrNoLeader) {
			continue
		}
		ret := a.w.now()
		if _, err := done(a, "sync", synced); err == nil {
			o.hist.add(leader{}, leads.Fence, call, ret)
		}
	}
}

// answers returns the answers as operations. A leader that has given up before it knew that it led counts as none.
func (o *onlookers) answers(m *monitor) []porcupine.Operation {
	known := make(map[int64]bool)
	for _, h := range m.holds {
		known[h.Fence()] = true
	}
	for i, op := range o.hist.ops {
		if !known[op.Output.(int64)] {
			o.hist.ops[i].Output = int64(0)
		}
	}
	return o.hist.ops
}

// follow follows the leaders until ctx ends, and checks that their fences grow.
func (o *onlookers) follow(ctx context.Context, a *actor) {
	highest := int64(0)
	for ctx.Err() == nil {
		leaders := recipe.NewElection(a.p.client(), "/election").Observe(ctx)
		for leads, err := range leaders.All(context.Background()) {
			if err != nil {
				break
			}
			if leads.Fence != 0 && leads.Fence < highest {
				a.w.fail("%s sees fence %#x after %#x", a.who, leads.Fence, highest)
			}
			highest = max(highest, leads.Fence)
			o.mu.Lock()
			o.last[a.p.id] = leads
			o.mu.Unlock()
		}
		if err := leaders.Err(); !isOneOf(err, context.Canceled, zkasync.ErrClosed) {
			a.w.fail("%s: %v", a.who, err)
		}
		a.sleep(100 * time.Millisecond)
	}
}

// end waits until everybody sees that nobody leads any more.
func (o *onlookers) end() {
	defer o.done.Wait()
	defer o.stop()
	o.w.eventually("everybody sees that nobody leads", func() bool {
		o.mu.Lock()
		defer o.mu.Unlock()
		for _, leads := range o.last {
			if leads.Fence != 0 {
				return false
			}
		}
		return len(o.last) == len(o.w.procs)
	})
}
