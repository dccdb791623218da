package handler

// inline has callers run the tasks, whether it is started or not.
type inline struct{ core }

// NewInline returns a handler without goroutines: a callback runs on the goroutine
// that queues it. In a client that is the delivery goroutine, which also runs the
// functions of derived futures, or the caller's own, as for one linked to a future
// that is complete. It runs at once; one that is queued by a callback runs after that
// callback has returned. Callbacks still run one at a time, in one sequence: what other
// goroutines queue meanwhile is run by the one that is at it.
//
// A callback that blocks holds up those after it, and functions of derived futures. So
// does a callback that waits for one of these by other means than Get. Options:
// WithLogger, WithPanicHook.
func NewInline(opts ...Option) Handler {
	o := newOptions(opts)
	h := &inline{}
	h.setUp(byCaller, 1, o, o.noTwoQueues())
	return h
}

// Lane implements Handler.
func (h *inline) Lane(Kind, string) Lane { return &h.queues[0] }
