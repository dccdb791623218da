package schedules

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

// contest is a recipe for which processes contend, such as a lock.
type contest struct {
	name    string
	most    int      // how many may hold it at once
	folders []string // where the znodes of contenders are
	enter   func(c *zkasync.Client, random *rand.Rand) entrant

	w *world
	m *monitor
	r *register
	o *onlookers
}

// entrant is one value of the recipe, such as a recipe.Mutex.
type entrant struct {
	acquire func(ctx context.Context) *future.Future[*recipe.Held]
	try     func(ctx context.Context) *future.Future[*recipe.Held] // nil: not supported
	// weaken turns an exclusive lock into one that others may share; nil: not supported.
	weaken func(ctx context.Context, h *recipe.Held) *future.Future[*recipe.Held]
	shared bool
}

func lease(random *rand.Rand) recipe.Option {
	return recipe.WithLease([]recipe.Lease{recipe.UntilSuspended, recipe.UntilLost}[random.IntN(2)])
}

func mutex() part {
	return &contest{name: "mutex", most: 1, folders: []string{"/mutex"}, enter: func(c *zkasync.Client, random *rand.Rand) entrant {
		naming := []recipe.Naming{recipe.Curator, recipe.Kazoo}[random.IntN(2)]
		m := recipe.NewMutex(c, "/mutex", lease(random), recipe.WithNaming(naming))
		return entrant{acquire: m.Lock, try: m.TryLock}
	}}
}

func rwmutex() part {
	return &contest{name: "rwmutex", most: 1, folders: []string{"/rwmutex"}, enter: func(c *zkasync.Client, random *rand.Rand) entrant {
		m := recipe.NewRWMutex(c, "/rwmutex", lease(random))
		if random.IntN(2) == 0 {
			return entrant{acquire: m.RLock, try: m.TryRLock, shared: true}
		}
		return entrant{acquire: m.Lock, try: m.TryLock, weaken: m.Downgrade}
	}}
}

func semaphore() part {
	return &contest{name: "semaphore", most: 2, folders: []string{"/semaphore/locks", "/semaphore/leases"},
		enter: func(c *zkasync.Client, random *rand.Rand) entrant {
			return entrant{acquire: recipe.NewSemaphore(c, "/semaphore", 2, lease(random)).Acquire}
		}}
}

func election() part {
	return &contest{name: "election", most: 1, folders: []string{"/election"}, o: new(onlookers),
		enter: func(c *zkasync.Client, random *rand.Rand) entrant {
			e := recipe.NewElection(c, "/election", lease(random))
			return entrant{acquire: func(ctx context.Context) *future.Future[*recipe.Held] {
				return e.Campaign(ctx, fmt.Appendf(nil, "candidate %d", random.IntN(1000)))
			}}
		}}
}

func (x *contest) queues() []string    { return x.folders }
func (x *contest) clearable() []string { return append(x.folders, "/"+x.name) }

// begin starts one or two contenders in every process.
func (x *contest) begin(w *world, random *rand.Rand) {
	x.w, x.m = w, &monitor{w: w, name: x.name, most: x.most}
	x.r = newRegister(w, x.name)
	for _, p := range w.procs {
		for j := range 1 + random.IntN(2) {
			a := &contender{actor: p.actor(fmt.Sprintf("%s: process %d.%d", x.name, p.id, j)), m: x.m, r: x.r, enter: x.enter}
			w.actors.Go(a.contend)
		}
	}
	if x.o != nil {
		x.o.begin(w, x.m)
	}
}

// end checks what was written to the register, after all actors have ended.
func (x *contest) end() {
	x.w.tally.add("turns: "+x.name, len(x.m.holds))
	if x.most == 1 {
		x.r.check(x.w)
	}
	if x.o != nil {
		x.o.end()
	}
}

// judge checks that the histories are linearizable.
func (x *contest) judge() {
	if x.o != nil {
		hist := x.m.history()
		hist.ops = append(hist.ops, x.o.answers(x.m)...)
		hist.check(x.name, leadership)
	}
	if x.most == 1 && x.name != "rwmutex" {
		x.r.hist.check("register of the "+x.name, guarded)
	}
}
