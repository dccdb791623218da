package handler

import (
	"fmt"
	"hash/maphash"
)

// pool runs tasks on n goroutines, each with its own queue.
type pool struct {
	core
	seed maphash.Seed
}

// NewPool returns a handler with n goroutines. With n below 1, Start fails. All
// callbacks about one path run on the same goroutine, so they keep their order; those
// of different paths may run at the same time and in any order. State changes and
// callbacks without a path share one sequence too. Options: WithLogger, WithPanicHook.
func NewPool(n int, opts ...Option) Handler {
	o := newOptions(opts)
	err := o.noTwoQueues()
	if n < 1 {
		err = fmt.Errorf("handler: NewPool(%d): the number of workers must be at least 1", n)
	}
	p := &pool{seed: maphash.MakeSeed()}
	p.setUp(byWorker, max(n, 1), o, err)
	p.byPath = true
	return p
}

// Lane implements Handler.
func (p *pool) Lane(kind Kind, path string) Lane {
	if kind == State || path == "" {
		return &p.queues[0]
	}
	return &p.queues[maphash.String(p.seed, path)%uint64(len(p.queues))]
}
