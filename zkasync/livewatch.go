package zkasync

import (
	"errors"
	"time"
)

// liveWatch is the persistent watch of a Live. One-shot watches would do for the values, but a server spends one on a change
// that it may not tell (ZOOKEEPER-4799), after which nothing would ever be told again; and they stay at the server when the
// Live has ended.
type liveWatch struct {
	sub    *Subscription // nil: there is none
	asking bool          // for one
	old    bool          // the servers know one-shot watches only
}

// subscribe sees to it that there is a watch, or will be before what is asked next. It returns false if the servers know no
// persistent ones.
func (l *Live[T]) subscribe() bool {
	l.mu.Lock()
	w := &l.watch
	w.old = w.old || l.c.watches.Old()
	old, ask := w.old, !w.old && w.sub == nil && !w.asking
	w.asking = w.asking || ask
	l.mu.Unlock()
	if ask {
		l.c.addWatcher(l.ctx, l.path, l).OnDone(l.subscribed)
	}
	return !old
}

func (l *Live[T]) subscribed(sub *Subscription, err error) {
	l.mu.Lock()
	w := &l.watch
	w.asking = false
	late := err == nil && l.err != nil
	switch {
	case late:
	case err == nil:
		w.sub = sub
	case errors.Is(err, ErrUnimplemented):
		w.old = true
	}
	l.mu.Unlock()
	switch {
	case late:
		sub.Close()
	case err == nil:
	case isThrottled(err), endsSession(err):
		if turn, ok := l.nextTurn(); ok {
			l.backOff(turn)
		}
	case errors.Is(err, ErrUnimplemented):
		l.read(false)
	default:
		l.fatal(err) // a rejection is told by the read behind it
	}
}

// changed is told of each event of the watch, on the connection's reader. As long as a value is refused, each of them may mean
// that it no longer is.
func (l *Live[T]) changed(e Event) {
	l.mu.Lock()
	counts := l.refused || e.Resync || l.kind.changes[e.Type]
	waits := l.reading
	l.again = l.again || counts && waits
	l.mu.Unlock()
	if l.c.lent.Load() {
		// A watch of Conn() may have taken the place of this one and is spent now (ZOOKEEPER-4466, servers before 3.9).
		l.c.watches.Again(l.path)
	}
	if counts && !waits {
		l.read(false)
	}
}

// unwatched is told of the end of the watch.
func (l *Live[T]) unwatched(sub *Subscription, err error) {
	l.mu.Lock()
	mine := l.watch.sub == sub && sub != nil
	if mine {
		l.watch.sub = nil
		l.watch.old = errors.Is(err, ErrUnimplemented)
	}
	l.mu.Unlock()
	if mine && (errors.Is(err, ErrWatchRemoved) || errors.Is(err, ErrUnimplemented)) {
		l.read(false)
	}
}

// denialPauses are the pauses before what was refused is asked again.
var denialPauses = RetryPolicy{FirstPause: time.Second, MaxPause: 30 * time.Second}

// askLater reads again after a pause, unless something has led to a read before: there is no event when permissions change,
// and none of the changes before that.
func (l *Live[T]) askLater(turn uint64) {
	l.mu.Lock()
	counts := l.err == nil && l.turn == turn
	if counts {
		l.denials++
	}
	n := l.denials
	l.mu.Unlock()
	if !counts {
		return
	}
	l.c.pauses.add(l.ctx, denialPauses.pause(l.c.cfg.draw, n), func(why error) {
		if why == nil && l.isTurn(turn) {
			l.read(false)
		}
	})
}
