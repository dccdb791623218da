package zkasync

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zkasync/zkasync-go/handler"
)

// maxHookCalls bounds the calls that wait for a hook that does not return.
const maxHookCalls = 1 << 16

// hookCalls calls a client's hooks. It is nil for a client without any: callers check for that before they prepare what
// there is to report.
type hookCalls struct {
	logger *slog.Logger // for panics; nil: the default one
	slow   time.Duration

	starts      []OperationStartHook
	ends        []OperationEndHook
	requests    []RequestHook
	attempts    []AttemptHook
	connects    []ConnectHook
	disconnects []DisconnectHook
	states      []StateHook
	watches     []WatchHook
	slows       []SlowCallbackHook

	h       handler.Handler // their goroutine
	lane    queuer
	waiting atomic.Int64
	dropped atomic.Int64 // since the start
	untold  atomic.Int64 // dropped calls that have not been logged yet

	mu       sync.Mutex
	running  bool
	starting inProgress // calls of OnOperationStart
	open     inProgress // operations that have started and not ended
}

func newHookCalls(hooks []Hook, logger *slog.Logger, slow time.Duration) *hookCalls {
	if len(hooks) == 0 {
		return nil
	}
	hs := &hookCalls{logger: logger, slow: cmp.Or(slow, DefaultSlowCallback), h: handler.NewSequential()}
	hs.lane = hs.h.Lane(handler.Completion, "").(queuer)
	for _, h := range hooks {
		addHook(&hs.starts, h)
		addHook(&hs.ends, h)
		addHook(&hs.requests, h)
		addHook(&hs.attempts, h)
		addHook(&hs.connects, h)
		addHook(&hs.disconnects, h)
		addHook(&hs.states, h)
		addHook(&hs.watches, h)
		addHook(&hs.slows, h)
	}
	return hs
}

func addHook[H any](to *[]H, h Hook) {
	if as, ok := h.(H); ok {
		*to = append(*to, as)
	}
}

func (hs *hookCalls) start() error {
	if hs == nil {
		return nil
	}
	if err := hs.h.Start(hs.logger); err != nil {
		return fmt.Errorf("%w: %s still runs", err, hs.h.Running())
	}
	hs.dropped.Store(0)
	hs.mu.Lock()
	hs.running = true
	hs.mu.Unlock()
	return nil
}

// stop waits until all calls have returned, and a moment for the ends of operations.
func (hs *hookCalls) stop(ctx context.Context) error {
	if hs == nil {
		return nil
	}
	hs.mu.Lock()
	hs.running = false
	started, ended := hs.starting.over(), hs.open.over()
	hs.mu.Unlock()
	select {
	case <-started:
	case <-ctx.Done():
		return errors.Join(errors.New("an OnOperationStart of a hook does not return"), hs.h.Stop(ctx)) // the goroutine does not wait for it
	}
	grace := time.NewTimer(leastDrain) // all futures are complete; but a Walk ends when its loop does
	defer grace.Stop()
	select {
	case <-ended:
	case <-grace.C:
	}
	return hs.h.Stop(ctx)
}

// inCall returns the name of the hook that the calling goroutine is in, or "".
func (hs *hookCalls) inCall() string {
	if hs == nil || !hs.h.InCallback() {
		return ""
	}
	return hs.h.Running()
}

// droppedCalls counts the calls that were dropped since the start.
func (hs *hookCalls) droppedCalls() int64 {
	if hs == nil {
		return 0
	}
	return hs.dropped.Load()
}

// enter notes the start of an operation. It returns false if hooks are not called.
func (hs *hookCalls) enter() bool {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	if hs.running {
		hs.starting.n++
		hs.open.n++
	}
	return hs.running
}

// started notes that OnOperationStart has returned.
func (hs *hookCalls) started() {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	hs.starting.leave()
}

// leave notes the end of an operation, once its calls are queued.
func (hs *hookCalls) leave() {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	hs.open.leave()
}

// inProgress counts what is in progress. It is used under a lock.
type inProgress struct {
	n    int
	zero chan struct{} // closed when n is 0; nil while nobody waits
}

func (p *inProgress) leave() {
	if p.n--; p.n == 0 && p.zero != nil {
		close(p.zero)
		p.zero = nil
	}
}

// nothing is a closed channel.
var nothing = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// over returns a channel that is closed when nothing is in progress.
func (p *inProgress) over() <-chan struct{} {
	if p.n == 0 {
		return nothing
	}
	if p.zero == nil {
		p.zero = make(chan struct{})
	}
	return p.zero
}

// tellHooks queues a call of each of the hooks. It takes no lock but the queue's.
func tellHooks[H any](hs *hookCalls, hooks []H, method string, call func(H)) {
	for _, h := range hooks {
		if hs.waiting.Add(1) > maxHookCalls {
			hs.waiting.Add(-1)
			hs.dropped.Add(1)
			hs.untold.Add(1)
			continue
		}
		if !hs.lane.Queue(&hookCall{hs, h, method, func() { call(h) }}) {
			hs.waiting.Add(-1) // the client has stopped
		}
	}
}

// hookCall is a queued call of a hook.
type hookCall struct {
	hs     *hookCalls
	hook   any
	method string
	call   func()
}

func (n *hookCall) Run() {
	defer n.hs.waiting.Add(-1)
	if lost := n.hs.untold.Swap(0); lost > 0 && n.hs.logger != nil {
		n.hs.logger.Warn("zkasync: calls of hooks were dropped, since a hook was too slow", "calls", lost)
	}
	n.call()
}

// String names the call for reports about it.
func (n *hookCall) String() string { return n.method + " of the hook " + fmt.Sprintf("%T", n.hook) }

// callStart calls one OnOperationStart, on a goroutine of the user's.
func (hs *hookCalls) callStart(h OperationStartHook, ctx context.Context, op OperationStart) (then context.Context) {
	then = ctx
	defer func() {
		if v := recover(); v != nil {
			cmp.Or(hs.logger, slog.Default()).Error("zkasync: hook panicked", "hook", fmt.Sprintf("%T", h), "panic", fmt.Sprint(v),
				"stack", string(debug.Stack()))
		}
	}()
	if changed := h.OnOperationStart(ctx, op); changed != nil {
		then = changed
	}
	return then
}
