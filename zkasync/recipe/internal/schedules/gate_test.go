package schedules

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

// gates lets all processes go through double barriers, one barrier after the other.
type gates struct{ w *world }

func gate() part { return &gates{} }

func (x *gates) queues() []string    { return []string{"/gates/last"} }
func (x *gates) clearable() []string { return nil }
func (x *gates) end()                {}
func (x *gates) judge()              {}

func (x *gates) begin(w *world, _ *rand.Rand) {
	x.w = w
	var actors []*actor
	for _, p := range w.procs {
		a := p.actor(fmt.Sprintf("gate: process %d", p.id))
		actors = append(actors, &a)
	}
	w.actors.Go(func() {
		for i := 0; w.disturbed(); i++ {
			x.round(actors, fmt.Sprintf("/gates/%d", i), false)
		}
		<-w.quiet
		time.Sleep(15 * time.Second) // until old sessions have ended, and their clients know
		x.round(actors, "/gates/last", true)
	})
}

// round is one barrier. Each process passes it once.
type round struct {
	path string
	must bool // all must get through

	mu      sync.Mutex
	called  int                     // how many have called Enter
	entered int                     // how many have entered
	inside  map[int]*zkasync.Client // by process: those that have entered and have not called Leave, with their clients
	session map[int]int64           // and their sessions
}

func (x *gates) round(actors []*actor, path string, must bool) {
	r := &round{path: path, must: must, inside: make(map[int]*zkasync.Client), session: make(map[int]int64)}
	var all sync.WaitGroup
	for _, a := range actors {
		all.Go(func() { r.pass(a, len(actors)) })
	}
	all.Wait()
	if must && r.entered != len(actors) {
		x.w.fail("%s: %d of %d have entered", path, r.entered, len(actors))
	}
	x.w.tally.add("barriers passed", min(1, r.entered))
}

func (r *round) pass(a *actor, count int) {
	a.goOn()
	a.sleep(time.Second)
	limit := time.Minute
	if !r.must {
		limit = 3*time.Second + rand2N(a.random, 12*time.Second)
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	c := a.p.client()
	b := recipe.NewDoubleBarrier(c, r.path, count)
	r.enters()
	session := c.Session().ID
	_, err := done(a, "enter", b.Enter(ctx))
	if err != nil {
		r.lost(a, "enter", err)
		return
	}
	r.entersWith(a, c, session, count)
	a.sleep(time.Second)
	r.leaves(a)
	_, err = done(a, "leave", b.Leave(context.Background()))
	if err != nil {
		r.lost(a, "leave", err)
		return
	}
	r.left(a)
}

func (r *round) lost(a *actor, what string, err error) {
	if !isOneOf(err, context.DeadlineExceeded, zkasync.ErrClosed, zkasync.ErrSessionExpired) {
		a.w.say("%s: %s: %v", a.who, what, err)
	}
}

func (r *round) enters() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.called++
}

func (r *round) entersWith(a *actor, c *zkasync.Client, session int64, count int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.called < count {
		a.w.fail("%s has entered %s, although only %d of %d have called Enter", a.who, r.path, r.called, count)
	}
	r.entered++
	r.inside[a.p.id], r.session[a.p.id] = c, session
}

func (r *round) leaves(a *actor) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.inside, a.p.id)
}

// left checks that nobody is inside any more, except processes whose session has ended.
func (r *round) left(a *actor) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, c := range r.inside {
		if c.Session().ID == r.session[id] && a.w.knows(c.Session().ID) {
			a.w.fail("%s has left %s, although process %d is still inside", a.who, r.path, id)
		}
	}
}
