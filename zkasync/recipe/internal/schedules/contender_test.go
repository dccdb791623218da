package schedules

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

// contender takes part in a contest again and again. While it believes that it holds the lock, it writes to a register.
type contender struct {
	actor
	m       *monitor
	r       *register
	enter   func(*zkasync.Client, *rand.Rand) entrant
	removed []*future.Future[future.Void] // these must complete in the end, since the znodes must be gone

	c  *zkasync.Client // the client of in
	in entrant
}

// contend takes part until the faults end. Then it must get one more turn.
func (a *contender) contend() {
	for a.w.disturbed() {
		a.sleep(time.Second)
		a.turn(a.wish())
	}
	<-a.w.quiet
	a.goOn()
	ctx, cancel := context.WithDeadline(context.Background(), a.w.calm.Add(patience/2))
	defer cancel()
	for !a.turn(ctx) && ctx.Err() == nil {
		a.sleep(100 * time.Millisecond)
	}
	if ctx.Err() != nil {
		a.w.fail("%s gets no turn", a.who)
	}
	for _, f := range a.removed {
		if _, err := done(&a.actor, "removal", f); err != nil {
			a.w.fail("%s: removal: %v", a.who, err)
		}
	}
}

// wish returns a context that limits how long to wait for a turn.
func (a *contender) wish() context.Context {
	if a.random.IntN(3) == 0 {
		return context.Background()
	}
	ctx, cancel := context.WithTimeout(context.Background(), rand2N(a.random, 8*time.Second))
	context.AfterFunc(ctx, cancel)
	return ctx
}

// entrant returns the present entrant. A new client, and sometimes chance, brings a new one.
func (a *contender) entrant() entrant {
	if c := a.p.client(); c != a.c || a.random.IntN(8) == 0 {
		a.c, a.in = c, a.enter(c, a.random)
	}
	return a.in
}

// turn tries to acquire the lock and, while holding it, works. It reports whether it has succeeded.
func (a *contender) turn(ctx context.Context) bool {
	in := a.entrant()
	acquire := in.acquire
	if in.try != nil && a.w.disturbed() && a.random.IntN(4) == 0 {
		acquire = in.try
	}
	h := &hold{p: a.p, session: a.p.client().Session().ID, shared: in.shared, call: a.w.now()}
	held, err := done(&a.actor, "turn", acquire(ctx))
	if err != nil {
		a.lost(err)
		return false
	}
	h.held = held
	a.m.took(h)
	a.w.say("%s holds it with fence %#x", a.who, h.Fence())
	a.work(h)
	if in.weaken != nil && a.random.IntN(3) == 0 {
		a.weaken(ctx, in, h)
		return true
	}
	a.release(h)
	return true
}

// lost checks the reason why there was no turn.
func (a *contender) lost(err error) {
	var e *recipe.Error
	if errors.As(err, &e) && e.Removed != nil {
		a.removed = append(a.removed, e.Removed)
	}
	if !isOneOf(err, context.DeadlineExceeded, recipe.ErrLocked, recipe.ErrNotHeld, zkasync.ErrClosed) {
		a.w.fail("%s: %v", a.who, err)
	}
}

func isOneOf(err error, which ...error) bool {
	for _, e := range which {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// work writes to the register. It checks the context before, but half of the time it ignores it, as careless programs do.
func (a *contender) work(h *hold) {
	for range a.random.IntN(4) {
		if !a.m.saw(h) && a.random.IntN(2) == 0 {
			return
		}
		a.r.write(&a.actor, h)
		a.sleep(200 * time.Millisecond)
	}
}

func (a *contender) release(h *hold) {
	a.m.gives(h)
	unlocked := h.Unlock()
	if a.random.IntN(2) == 0 {
		a.removed = append(a.removed, unlocked)
		return
	}
	if _, err := done(&a.actor, "unlock", unlocked); err != nil {
		a.w.fail("%s: unlock: %v", a.who, err)
	}
	// In other cases the znode may be deleted later, with its session.
	if c := a.p.client(); c.State() == zkasync.StateConnected && h.session == c.Session().ID && !a.p.stopping.Load() {
		a.m.gave(h)
	}
}

// weaken turns a writer into a reader.
func (a *contender) weaken(ctx context.Context, in entrant, h *hold) {
	r := &hold{p: a.p, session: h.session, shared: true, call: a.w.now()}
	held, err := done(&a.actor, "downgrade", in.weaken(ctx, h.held.(*recipe.Held)))
	if err != nil {
		a.lost(err)
		a.release(h)
		return
	}
	a.m.gives(h)
	r.held = held
	a.m.took(r)
	a.work(r)
	a.release(r)
}
