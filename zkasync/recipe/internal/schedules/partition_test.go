package schedules

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

// division lets all processes divide some items among themselves, and write to the registers of the items that they own.
type division struct {
	w      *world
	items  []string
	naming recipe.Naming
	m      map[string]*monitor
	r      map[string]*register

	mu      sync.Mutex
	had     map[string][]*hold // by item: all its owners so far
	divided bool               // at one moment after the faults, all items had one owner each
}

func partition() part { return &division{} }

const divided = "/division"

func (x *division) locks() (all []string) {
	for _, item := range x.items {
		all = append(all, divided+"/locks/"+item)
	}
	return all
}

func (x *division) queues() []string {
	return append(x.locks(), divided+"/members", divided+"/party")
}

func (x *division) clearable() []string {
	return []string{divided, divided + "/members", divided + "/party", divided + "/locks", x.locks()[0]}
}

func (x *division) begin(w *world, random *rand.Rand) {
	x.w, x.m, x.r, x.had = w, make(map[string]*monitor), make(map[string]*register), make(map[string][]*hold)
	x.naming = []recipe.Naming{recipe.Curator, recipe.Curator, recipe.Kazoo}[random.IntN(3)]
	for i := range 2 + random.IntN(5) {
		item := fmt.Sprint("item-", i)
		x.items = append(x.items, item)
		x.m[item] = &monitor{w: w, name: item, most: 1}
		x.r[item] = newRegister(w, item)
	}
	for _, p := range w.procs {
		m := &member{actor: p.actor(fmt.Sprintf("partition: process %d", p.id)), x: x}
		w.actors.Go(m.takePart)
	}
}

// end checks what was written to the registers, after all actors have ended.
func (x *division) end() {
	for _, item := range x.items {
		x.w.tally.add("turns: partition", len(x.m[item].holds))
		x.r[item].check(x.w)
	}
}

func (x *division) judge() {
	for _, item := range x.items {
		x.r[item].hist.check("register of an item", guarded)
	}
}

// isDivided reports whether each item has had exactly one owner at one moment.
func (x *division) isDivided() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.divided = x.divided || !slices.ContainsFunc(x.items, func(item string) bool {
		owners := 0
		for _, h := range x.had[item] {
			if h.Context().Err() == nil {
				owners++
			}
		}
		return owners != 1
	})
	return x.divided
}

// member is a process that takes part again and again.
type member struct {
	actor
	x *division

	c      *zkasync.Client // the client of p
	p      *recipe.Partitioner
	shares map[*recipe.Share]*hold // shares that are not unlocked
	call   int64
}

// takePart takes part until the faults end, and then until all items have owners.
func (a *member) takePart() {
	for a.w.disturbed() {
		a.join()
		a.sleep(500 * time.Millisecond)
		a.work()
		if a.random.IntN(20) == 0 {
			a.leave()
		}
	}
	<-a.w.quiet
	a.goOn()
	for end := a.w.calm.Add(patience / 2); !a.x.isDivided(); a.sleep(100 * time.Millisecond) {
		a.join()
		a.work()
		if time.Now().After(end) {
			a.w.fail("%s: not all items have an owner", a.who)
			break
		}
	}
	a.join()
	a.leave()
}

// join takes part if this process does not, or its program was started anew.
func (a *member) join() {
	c := a.actor.p.client()
	if a.p != nil && a.c == c {
		return
	}
	if a.p != nil {
		a.leave()
		c = a.actor.p.client()
	}
	id := fmt.Sprint("member ", a.actor.p.id)
	a.c, a.shares, a.call = c, make(map[*recipe.Share]*hold), a.w.now()
	a.p = recipe.Partition(c, divided, a.x.items, lease(a.random), recipe.WithNaming(a.x.naming), recipe.WithIdentifier(id))
}

// work handles the events of the partitioner, writes to the registers of its items, and unlocks some of those that it has lost.
func (a *member) work() {
	a.follow()
	for _, h := range a.holds() {
		m := a.x.m[a.item(h)]
		alive := m.saw(h)
		if alive || a.random.IntN(2) == 0 { // some programs do not check the context
			a.x.r[a.item(h)].write(&a.actor, h)
		}
		if !alive && a.random.IntN(2) == 0 {
			a.unlock(h)
		}
	}
}

func (a *member) item(h *hold) string { return h.held.(*recipe.Share).Item() }

// holds returns the shares that are not unlocked, in an order that depends on the seed only.
func (a *member) holds() (all []*hold) {
	for _, h := range a.shares {
		all = append(all, h)
	}
	slices.SortFunc(all, func(h, o *hold) int { return int(h.took - o.took) })
	return all
}

// follow handles the events of the partitioner.
func (a *member) follow() {
	for e, ok := a.p.Poll(); ok; e, ok = a.p.Poll() {
		switch e.Kind {
		case recipe.Gained:
			h := &hold{held: e.Share, p: a.actor.p, session: a.c.Session().ID, call: a.call}
			a.shares[e.Share] = h
			a.x.mu.Lock()
			a.x.had[e.Item] = append(a.x.had[e.Item], h)
			a.x.mu.Unlock()
			a.x.m[e.Item].took(h)
			a.w.say("%s has %s with fence %#x", a.who, e.Item, h.Fence())
		case recipe.Lost:
			if e.Share.Context().Err() == nil {
				a.w.fail("%s: %s is lost, but its context has not ended", a.who, e.Item)
			}
		case recipe.Refused:
			a.w.fail("%s: %q is refused: %v", a.who, e.Item, e.Cause)
		}
	}
}

func (a *member) unlock(h *hold) {
	share := h.held.(*recipe.Share)
	delete(a.shares, share)
	a.x.m[share.Item()].gives(h)
	if _, err := done(&a.actor, "unlock", share.Unlock()); err != nil {
		a.w.fail("%s: unlock: %v", a.who, err)
	}
}

// leave stops taking part. That is complete only when all shares are unlocked.
func (a *member) leave() {
	if a.p == nil {
		return
	}
	closed := a.p.Close()
	a.follow()
	for _, h := range a.holds() {
		a.unlock(h)
	}
	if _, err := done(&a.actor, "leave", closed); err != nil {
		a.w.fail("%s: leave: %v", a.who, err)
	}
	a.p = nil
}
