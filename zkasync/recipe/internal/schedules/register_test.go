package schedules

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

// register is a znode that holders write their fences to. Its children are a log of all accepted writes, in their order.
type register struct {
	path string
	hist *history
}

func newRegister(w *world, name string) *register {
	r := &register{path: "/register of " + name, hist: &history{w: w}}
	if _, err := w.procs[0].client().Create(context.Background(), r.path, []byte("0")).Get(context.Background()); err != nil {
		w.fail("the register: %v", err)
	}
	return r
}

// write writes the fence of a holder, on condition that it still is one, and sometimes reads the register.
func (r *register) write(a *actor, h *hold) {
	kind := "writer"
	if h.shared {
		kind = "reader"
	}
	call := a.w.now()
	_, err := done(a, "write", h.Multi(context.Background(),
		zkasync.SetOp(r.path, strconv.AppendInt(nil, h.Fence(), 10), zkasync.AnyVersion),
		zkasync.CreateOp(r.path+"/w-", fmt.Appendf(nil, "%d %s", h.Fence(), kind), zkasync.Sequential())))
	if err != nil {
		a.w.say("%s cannot write with fence %#x: %v", a.who, h.Fence(), err)
	}
	switch {
	case err == nil:
		r.hist.add(written{h.Fence()}, true, call, a.w.now())
		a.w.tally.add("writes", 1)
	case errors.Is(err, recipe.ErrNotHeld):
		a.w.tally.add("refused writes of former holders", 1)
	case errors.Is(err, zkasync.ErrOutcomeUnknown):
		r.hist.add(written{h.Fence()}, unknown{}, call, never)
	case !isOneOf(err, zkasync.ErrNotSent, zkasync.ErrSessionExpired, zkasync.ErrThrottled):
		a.w.fail("%s: write: %v", a.who, err)
	}
	if a.random.IntN(3) == 0 {
		r.read(a)
	}
}

func (r *register) read(a *actor) {
	c, call := a.p.client(), a.w.now()
	synced := c.Sync(context.Background(), r.path)
	n, err := done(a, "read", c.Get(context.Background(), r.path))
	if err != nil {
		return
	}
	if _, err := done(a, "sync", synced); err != nil {
		return
	}
	fence, err := strconv.ParseInt(string(n.Data), 10, 64)
	if err != nil {
		a.w.fail("%s: the register has %q", a.who, n.Data)
		return
	}
	r.hist.add(stored{}, fence, call, a.w.now())
}

// check goes through the log: no write of a former holder may come after one of a later holder. Readers have no order among
// themselves.
func (r *register) check(w *world) {
	var reader, writer int64 // the greatest fences so far
	for _, line := range w.leftovers([]string{r.path}) {
		_, text, _ := strings.Cut(line, `"`)
		var fence int64
		var kind string
		if _, err := fmt.Sscanf(strings.TrimSuffix(text, `"`), "%d %s", &fence, &kind); err != nil {
			w.fail("the register has %q: %v", line, err)
			continue
		}
		if fence < writer || kind == "writer" && fence < reader {
			w.fail("%s: a %s with fence %#x wrote after %#x", r.path, kind, fence, max(reader, writer))
		}
		if kind == "reader" {
			reader = max(reader, fence)
		} else {
			writer = max(writer, fence)
		}
	}
}
