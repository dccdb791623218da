package handler

// inline has callers run the tasks, whether it is started or not.
type inline struct{ core }

// NewInline returns a handler without goroutines: a callback runs on the goroutine
// that queues it, which for results and events is the one that reads the client's
// connection. It runs at once; one that is queued by a callback runs after that
// callback has returned. Callbacks still run one at a time, in one sequence: what other
// goroutines queue meanwhile is run by the one that is at it.
//
// It is the cheapest handler, and for callbacks that never block: while one runs,
// nothing is received, so one that waits for the client waits for ever. Options:
// WithLogger, WithPanicHook.
func NewInline(opts ...Option) Handler {
	o := newOptions(opts)
	h := &inline{}
	h.setUp(byCaller, 1, o, o.noTwoQueues())
	return h
}

// Lane implements Handler.
func (h *inline) Lane(Kind, string) Lane { return &h.queues[0] }
