package handler

// inline makes callers run the tasks, whether it is started or not.
type inline struct{ core }

// NewInline returns a handler without goroutines: a callback runs on the goroutine that queues it. In a client that is
// the delivery goroutine, which also runs the functions of derived futures, or the caller's own if it links a callback
// to a complete future. The callback runs at once, except that one queued by a callback runs after that callback has
// returned. Callbacks still run one at a time, in one sequence: the goroutine that runs them also runs what others queue
// meanwhile.
//
// A callback that blocks delays those after it, and functions of derived futures. So does one that waits for such a
// function by means other than Get. Options: WithLogger, WithPanicHook.
func NewInline(opts ...Option) Handler {
	o := newOptions(opts)
	h := &inline{}
	h.setUp(byCaller, 1, o, o.noTwoQueues())
	return h
}

// Lane implements Handler.
func (h *inline) Lane(Kind, string) Lane { return &h.queues[0] }
