package schedules

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

// counters lets all processes add to one counter.
type counters struct{ hist *history }

func counter() part { return &counters{} }

func (x *counters) queues() []string    { return nil }
func (x *counters) clearable() []string { return nil }
func (x *counters) end()                {}

func (x *counters) begin(w *world, random *rand.Rand) {
	x.hist = &history{w: w}
	encoding := recipe.Encoding(random.IntN(3))
	for _, p := range w.procs {
		a := p.actor(fmt.Sprintf("counter: process %d", p.id))
		w.actors.Go(func() { x.count(&a, encoding) })
	}
}

func (x *counters) count(a *actor, encoding recipe.Encoding) {
	for a.w.disturbed() {
		a.sleep(time.Second)
		if a.random.IntN(3) == 0 {
			x.read(a, encoding)
		} else {
			x.add(a, encoding)
		}
	}
	<-a.w.quiet
	a.goOn()
	for end := time.Now().Add(time.Minute); !x.add(a, encoding); a.sleep(time.Second) {
		if time.Now().After(end) {
			a.w.fail("%s cannot count", a.who)
			return
		}
	}
	x.read(a, encoding)
}

// add adds to the counter, and reports whether that has succeeded.
func (x *counters) add(a *actor, encoding recipe.Encoding) bool {
	ctx, cancel := context.WithTimeout(context.Background(), rand2N(a.random, 8*time.Second))
	defer cancel()
	delta, call := int64(1+a.random.IntN(5)), a.w.now()
	sum, err := done(a, "add", recipe.NewCounter(a.p.client(), "/counters/one", encoding).Add(ctx, delta))
	switch {
	case err == nil:
		x.hist.add(added{delta}, sum, call, a.w.now())
	case errors.Is(err, zkasync.ErrOutcomeUnknown):
		x.hist.add(added{delta}, unknown{}, call, never)
	case !isOneOf(err, zkasync.ErrNotSent, zkasync.ErrThrottled, zkasync.ErrSessionExpired, recipe.ErrContended):
		a.w.fail("%s: %v", a.who, err)
	}
	return err == nil
}

func (x *counters) read(a *actor, encoding recipe.Encoding) {
	c, call := a.p.client(), a.w.now()
	synced := c.Sync(context.Background(), "/counters")
	sum, err := done(a, "get", recipe.NewCounter(c, "/counters/one", encoding).Get(context.Background()))
	ret := a.w.now()
	if _, unsynced := done(a, "sync", synced); err == nil && unsynced == nil {
		x.hist.add(count{}, sum, call, ret)
	}
}

func (x *counters) judge() { x.hist.check("counter", counting) }
