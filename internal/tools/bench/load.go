package main

import (
	"sync"
	"sync/atomic"
	"time"
)

// load is one run of a closed loop: as many operations as fit into its time.
type load struct {
	point
	stop  atomic.Bool
	count atomic.Int64
	data  []byte
	fixed string // what every operation is about, "" where each has a znode of its own

	mu  sync.Mutex
	err error // the first
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

// path is what operation i is about.
func (l *load) path(i int) string {
	if l.fixed != "" {
		return l.fixed
	}
	return pairPath[i%pairPaths]
}

// fail notes err, if there is one, and ends the run.
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

// during has f run for d.
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
