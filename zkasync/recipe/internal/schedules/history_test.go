package schedules

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/anishathalye/porcupine"
)

// history has the operations that were made, each with the times of its call and its return.
type history struct {
	w *world

	mu  sync.Mutex
	ops []porcupine.Operation
}

// never is the return time of an operation whose outcome is unknown: it may be applied at any time after the call.
const never = math.MaxInt64

func (h *history) add(in, out any, call, ret int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ops = append(h.ops, porcupine.Operation{Input: in, Output: out, Call: call, Return: ret})
}

// check checks that the operations can be put into an order in which the model gives each of them the outcome that it had.
func (h *history) check(what string, model porcupine.Model) {
	switch porcupine.CheckOperationsTimeout(model, h.ops, 30*time.Second) {
	case porcupine.Ok:
		h.w.tally.add("operations linearized: "+what, len(h.ops))
	case porcupine.Illegal:
		var b strings.Builder
		for _, op := range h.ops {
			fmt.Fprintf(&b, "\n  %d..%d %T%+v %v", op.Call, op.Return, op.Input, op.Input, op.Output)
		}
		h.w.fail("the history of the %s is not linearizable:%s", what, &b)
	default:
		h.w.tally.add("histories not judged: "+what, 1)
	}
}

// The operations of the models.
type (
	leads   struct{ fence int64 } // becomes the leader
	ends    struct{ fence int64 } // stops leading
	leader  struct{}              // asks who leads; its output is the fence, or 0 if nobody leads
	written struct{ fence int64 } // writes to the guarded register; its output is true, or unknown
	stored  struct{}              // reads the guarded register; its output is the fence
	added   struct{ delta int64 } // adds to a counter; its output is the sum, or unknown
	count   struct{}              // reads a counter
	unknown struct{}              // the output of an operation that may have been applied
)

// leadership is an election. Its state is the fence of the leader, or 0 if nobody leads.
var leadership = porcupine.Model{
	Init: func() any { return int64(0) },
	Step: func(state, in, out any) (bool, any) {
		now := state.(int64)
		switch in := in.(type) {
		case leads:
			return now == 0, in.fence
		case ends:
			return now == in.fence, int64(0)
		default:
			return now == out.(int64), now
		}
	},
}

// guarded is a register that refuses writes of former holders. Its state is the greatest fence that was written.
var guarded = porcupine.Model{
	Init: func() any { return int64(0) },
	Step: func(state, in, out any) (bool, any) {
		now := state.(int64)
		w, ok := in.(written)
		switch {
		case !ok:
			return now == out.(int64), now
		case w.fence >= now:
			return true, w.fence
		default:
			return out == unknown{}, now
		}
	},
}

// counting is a counter.
var counting = porcupine.Model{
	Init: func() any { return int64(0) },
	Step: func(state, in, out any) (bool, any) {
		now := state.(int64)
		a, ok := in.(added)
		switch sum := now + a.delta; {
		case !ok:
			return now == out.(int64), now
		case out == unknown{}:
			return true, sum
		default:
			return sum == out.(int64), sum
		}
	},
}
