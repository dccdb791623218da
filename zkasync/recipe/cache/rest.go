package cache

import (
	"errors"
	"runtime/debug"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

const (
	firstPause = time.Second
	mostPause  = 30 * time.Second
)

// rest repeats a refused read, after pauses, until it succeeds: servers do not report a change of permissions.
func (l *loop) rest(k key) {
	first := !l.resting[k]
	l.resting[k] = true
	l.schedule(first)
}

// park sends a read again after a pause, because a server has not executed it.
func (l *loop) park(w *work) {
	l.parked = append(l.parked, w)
	l.schedule(len(l.parked) == 1)
}

// schedule makes sure that the timer runs. Its pauses grow; with first they begin with a short one again.
func (l *loop) schedule(first bool) {
	if first && l.timer != nil {
		l.timer.Stop()
	}
	if first {
		l.timer, l.pause = nil, 0
	}
	if l.timer == nil {
		l.pause = min(max(2*l.pause, firstPause), mostPause)
		l.timer = time.NewTimer(l.pause)
	}
}

// askAgain repeats all reads that wait for a pause to end.
func (l *loop) askAgain() {
	l.timer = nil
	for _, w := range l.parked {
		l.queue(w)
	}
	l.parked = nil
	for k := range l.resting {
		l.want(k, false)
	}
}

func isTooLarge(err error) bool {
	var size *zkasync.ReplySizeError
	return errors.As(err, &size)
}

// keeps reports whether a path is in the cache's tree, and neither the depth nor the filter leaves it out.
func (l *loop) keeps(path string) bool {
	rest, ok := below(l.root, path)
	if !ok || depth(l.root, path) > l.cfg.depth {
		return false
	}
	if l.cfg.keep == nil {
		return true
	}
	for at, name := l.root, ""; rest != ""; {
		name, rest = step(rest)
		if at = core.Join(at, name); !l.passes(at) {
			return false
		}
	}
	return true
}

// keepsOne is like keeps, for a child of a znode that is kept. The caller has checked the depth.
func (l *loop) keepsOne(path string) bool { return l.cfg.keep == nil || l.passes(path) }

// passes calls the user's filter.
func (l *loop) passes(path string) (yes bool) {
	defer func() {
		if v := recover(); v != nil {
			l.fail(&future.PanicError{Value: v, Stack: debug.Stack()})
		}
	}()
	return l.cfg.keep(path)
}
