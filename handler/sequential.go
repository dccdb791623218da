package handler

// sequential runs tasks on one goroutine per queue, of which there are one or two.
type sequential struct{ core }

// NewSequential returns the default handler: one goroutine runs all callbacks, of whatever kind, one at a time in the
// order in which the client queued them. A callback that blocks delays those after it and nothing else. It takes all
// options.
func NewSequential(opts ...Option) Handler {
	o := newOptions(opts)
	n := 1
	if o.twoQueues {
		n = 2
	}
	s := &sequential{}
	s.setUp(byWorker, n, o, nil)
	return s
}

// Lane implements Handler.
func (s *sequential) Lane(kind Kind, _ string) Lane {
	if kind == Completion {
		return &s.queues[0]
	}
	return &s.queues[len(s.queues)-1]
}
