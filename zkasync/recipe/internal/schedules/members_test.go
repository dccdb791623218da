package schedules

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

// members makes every process a member of a group, and lets each follow the group.
type members struct {
	w    *world
	stop context.CancelFunc
	done sync.WaitGroup

	mu    sync.Mutex
	wants map[string]string // by member: its data in the end
	seen  map[int]string    // by process: the members that it has seen last
}

func group() part { return &members{} }

func (x *members) queues() []string    { return []string{"/group"} }
func (x *members) clearable() []string { return []string{"/group", "/group/0", "/group/1"} }
func (x *members) judge()              {}

func (x *members) begin(w *world, _ *rand.Rand) {
	x.w, x.wants, x.seen = w, make(map[string]string), make(map[int]string)
	ctx, cancel := context.WithCancel(context.Background())
	x.stop = cancel
	for _, p := range w.procs {
		a := p.actor(fmt.Sprintf("group: member %d", p.id))
		w.actors.Go(func() { x.belong(&a) })
		b := p.actor(fmt.Sprintf("group: follower %d", p.id))
		x.done.Go(func() { x.follow(ctx, &b) })
	}
}

// belong joins, leaves, and changes the member's data until the faults end. Then everybody must see the member, and it leaves.
func (x *members) belong(a *actor) {
	var c *zkasync.Client
	var n *recipe.Node
	name, data := fmt.Sprint(a.p.id), ""
	join := func() {
		if now := a.p.client(); n == nil || now != c {
			c, data = now, data+"j"
			n = recipe.NewGroup(c, "/group").Join(name, []byte(data))
		}
	}
	for a.w.disturbed() {
		a.sleep(2 * time.Second)
		join()
		switch a.random.IntN(4) {
		case 0:
			x.leave(a, n)
			n = nil
		case 1:
			data += "d"
			x.set(a, n, data)
		}
	}
	<-a.w.quiet
	a.goOn()
	if join(); n != nil {
		data += "end"
		x.set(a, n, data)
	}
	x.wait(a, name, data)
	x.leave(a, n)
}

func (x *members) set(a *actor, n *recipe.Node, data string) {
	if _, err := done(a, "set", n.SetData([]byte(data))); err != nil && !isOneOf(err, zkasync.ErrClosed) {
		a.w.fail("%s: set: %v", a.who, err)
	}
}

func (x *members) leave(a *actor, n *recipe.Node) {
	if _, err := done(a, "leave", n.Close()); err != nil && !isOneOf(err, zkasync.ErrClosed) {
		a.w.fail("%s: leave: %v", a.who, err)
	}
}

// wait waits until everybody has seen all members with their final data.
func (x *members) wait(a *actor, name, data string) {
	x.mu.Lock()
	x.wants[name] = data
	x.mu.Unlock()
	var all string
	a.w.eventually("all see "+name, func() bool {
		x.mu.Lock()
		defer x.mu.Unlock()
		var want []string
		for i := range a.w.procs {
			want = append(want, fmt.Sprintf("%d=%s", i, x.wants[fmt.Sprint(i)]))
		}
		all = strings.Join(want, " ")
		for i := range a.w.procs {
			if x.seen[i] != all && !strings.HasPrefix(x.seen[i], "done") {
				return false
			}
		}
		return len(x.wants) == len(a.w.procs)
	})
	x.mu.Lock()
	defer x.mu.Unlock()
	for i := range a.w.procs { // from now on members leave, so follow must not change seen before the group is empty
		x.seen[i] = "done " + x.seen[i]
	}
}

// follow follows the group until ctx ends.
func (x *members) follow(ctx context.Context, a *actor) {
	for ctx.Err() == nil {
		for all, err := range recipe.NewGroup(a.p.client(), "/group").Watch(ctx) {
			if err != nil {
				if !isOneOf(err, context.Canceled, zkasync.ErrClosed) {
					a.w.fail("%s: %v", a.who, err)
				}
				break
			}
			var text []string
			for _, m := range all {
				text = append(text, m.Name+"="+string(m.Data))
			}
			x.mu.Lock()
			if !strings.HasPrefix(x.seen[a.p.id], "done") || len(all) == 0 {
				x.seen[a.p.id] = strings.Join(text, " ")
			}
			x.mu.Unlock()
		}
		a.sleep(100 * time.Millisecond)
	}
}

// end waits until everybody sees that the group is empty.
func (x *members) end() {
	defer x.done.Wait()
	defer x.stop()
	x.w.eventually("all see that the group is empty", func() bool {
		x.mu.Lock()
		defer x.mu.Unlock()
		for i := range x.w.procs {
			if x.seen[i] != "" {
				return false
			}
		}
		return true
	})
}
