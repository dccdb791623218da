package future

import (
	"errors"
	"sync"
	"sync/atomic"
)

// All returns a future of all values, in the order of the arguments. It fails at once
// with the first failure, in the order of completion; among futures that are complete
// already, with the first in the order of the arguments. Without arguments the value
// is an empty slice.
func All[T any](fs ...*Future[T]) *Future[[]T] {
	p := NewPromise[[]T](firstExecutor(fs))
	values := make([]T, len(fs))
	if len(fs) == 0 {
		p.Resolve(values)
	}
	var left atomic.Int64
	left.Store(int64(len(fs)))
	t := tie(&p.f, fs, false)
	gather(fs, func(i int, v T, err error, b *batch) bool {
		t.untie(i)
		if err != nil {
			p.fail(err, b)
			return false
		}
		values[i] = v
		if left.Add(-1) == 0 {
			p.f.complete(values, nil, b)
		}
		return true
	})
	return p.Future()
}

// Settle returns a future of all outcomes, in the order of the arguments. It
// completes when the last of them has, and never fails. Without arguments the
// value is an empty slice.
func Settle[T any](fs ...*Future[T]) *Future[[]Result[T]] {
	p := NewPromise[[]Result[T]](firstExecutor(fs))
	results := make([]Result[T], len(fs))
	if len(fs) == 0 {
		p.Resolve(results)
	}
	var left atomic.Int64
	left.Store(int64(len(fs)))
	t := tie(&p.f, fs, false)
	gather(fs, func(i int, v T, err error, b *batch) bool {
		t.untie(i)
		results[i] = Result[T]{v, err}
		if left.Add(-1) == 0 {
			p.f.complete(results, nil, b)
		}
		return true
	})
	return p.Future()
}

// First returns a future of the first success, in the order of completion; among
// futures that are complete already, the first in the order of the arguments. If
// all fail it fails with their errors joined in the order of the arguments, and
// without arguments with [ErrNoFutures].
func First[T any](fs ...*Future[T]) *Future[T] {
	p := NewPromise[T](firstExecutor(fs))
	errs := make([]error, len(fs))
	if len(fs) == 0 {
		p.Reject(ErrNoFutures)
	}
	var left atomic.Int64
	left.Store(int64(len(fs)))
	t := tie(&p.f, fs, true)
	gather(fs, func(i int, v T, err error, b *batch) bool {
		t.untie(i)
		if err == nil {
			p.f.complete(v, nil, b)
			return false
		}
		errs[i] = err
		if left.Add(-1) == 0 {
			p.fail(errors.Join(errs...), b)
		}
		return true
	})
	return p.Future()
}

// firstExecutor returns the first executor among those of the futures.
func firstExecutor[T any](fs []*Future[T]) Executor {
	for _, f := range fs {
		if ex := f.executor(); ex != nil {
			return ex
		}
	}
	return nil
}

// gathering is one set of hooks on many futures. Once stopped, it leaves nothing
// behind on pending ones, which may live much longer.
type gathering[T any] struct {
	each func(i int, v T, err error, b *batch) bool

	mu      sync.Mutex
	stopped bool
	links   []Link
}

// gather calls each for every future as it completes, until a call returns false.
// Calls for different futures may run at the same time.
func gather[T any](fs []*Future[T], each func(i int, v T, err error, b *batch) bool) *gathering[T] {
	g := &gathering[T]{each: each, links: make([]Link, 0, len(fs))}
	members := make([]member[T], len(fs)) // one allocation for all hooks
	for i, f := range fs {
		members[i] = member[T]{g, i}
		if !g.add(f.hook(nil, &members[i])) {
			break
		}
	}
	return g
}

// member is the hook of a gathering on one of its futures.
type member[T any] struct {
	g *gathering[T]
	i int
}

func (m *member[T]) completed(v T, err error, b *batch) {
	if !m.g.each(m.i, v, err, b) {
		m.g.stop()
	}
}

// add keeps l for stop. If stop came first, it unlinks l and returns false.
func (g *gathering[T]) add(l Link) bool {
	g.mu.Lock()
	stopped := g.stopped
	if !stopped {
		g.links = append(g.links, l)
	}
	g.mu.Unlock()
	if stopped {
		l.Unlink()
	}
	return !stopped
}

func (g *gathering[T]) stop() {
	g.mu.Lock()
	links := g.links
	g.stopped, g.links = true, nil
	g.mu.Unlock()
	for _, l := range links {
		l.Unlink()
	}
}
