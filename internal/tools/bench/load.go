package main

import (
	"sync"
	"sync/atomic"
	"time"
)

// load is one run of a closed loop, with as many operations as fit into its time.
type load struct {
	point
	stop  atomic.Bool
	count atomic.Int64
	data  []byte
	fixed string // the path of every operation, or "" if each has a znode of its own

	mu  sync.Mutex
	err error // the first one
}

func newLoad(p point) *load {
	l := &load{point: p, data: make([]byte, p.size)}
	switch p.op {
	case opPair, opCreate, opDelete:
	case opChildren:
		l.fixed = childrenPath(p.kids)
	default:
		l.fixed = dataPath(p.size)
	}
	return l
}

// path returns the path of operation i.
func (l *load) path(i int) string {
	if l.fixed != "" {
		return l.fixed
	}
	return pairPath[i%pairPaths]
}

// fail ends the run with err, unless it is nil.
func (l *load) fail(err error) {
	if err == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = err
	}
	l.stop.Store(true)
}

func (l *load) failure() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// during runs f, and stops the load after d.
func (l *load) during(d time.Duration, f func(*load)) {
	timer := time.AfterFunc(d, func() { l.stop.Store(true) })
	defer timer.Stop()
	f(l)
}

// fanOut runs drive on each of n goroutines with its share of the depth.
func (l *load) fanOut(n int, drive func(part, depth int)) {
	var running sync.WaitGroup
	for part := range n {
		running.Go(func() { drive(part, max(1, l.depth/n)) })
	}
	running.Wait()
}
