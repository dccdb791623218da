package schedules

import (
	"math/rand/v2"
	"time"

	"github.com/zkasync/zkasync-go/future"
)

// actor is a part of a process that does one thing after the other.
type actor struct {
	w      *world
	p      *process
	who    string
	random *rand.Rand
}

// actor returns an actor with random numbers of its own.
func (p *process) actor(who string) actor {
	p.w.parts++
	return actor{w: p.w, p: p, who: who, random: p.w.random(p.w.parts)}
}

// goOn waits while the process is paused, and then for a random moment, so that no two actors act at the same time.
func (a *actor) goOn() {
	a.p.run()
	time.Sleep(time.Microsecond + rand2N(a.random, 10*time.Microsecond))
}

// sleep waits for a random time of up to d.
func (a *actor) sleep(d time.Duration) {
	time.Sleep(rand2N(a.random, d))
	a.goOn()
}

// done waits for a future that must complete.
func done[T any](a *actor, what string, f *future.Future[T]) (T, error) {
	v, err := await(a.w, a.who+": "+what, f)
	a.goOn()
	return v, err
}
