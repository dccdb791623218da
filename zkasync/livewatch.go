package zkasync

import (
	"errors"
	"time"
)

// liveWatch is the persistent watch of a Live. One-shot watches would do for the values, but a server uses one up for a change
// that it may not report (ZOOKEEPER-4799), after which nothing would ever be reported; and they stay at the server when
// the Live has ended.
type liveWatch struct {
	sub    *Subscription // nil: there is none
	asking bool          // a request for one is in progress
	old    bool          // the servers know one-shot watches only
}

// subscribe makes sure that there is a watch, or will be before the next request. It returns false if the servers have no
// persistent watches.
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
		l.fatal(err) // a rejection is reported by the read behind it
	}
}

// changed handles each event of the watch, on the connection's reader. While a value is refused, any of them may mean
// that it no longer is.
func (l *Live[T]) changed(e Event) {
	l.mu.Lock()
	counts := l.refused || e.Resync || l.kind.changes[e.Type]
	waits := l.reading
	l.again = l.again || counts && waits
	l.mu.Unlock()
	if l.c.lent.Load() {
		// A watch of Conn() may have replaced this one and is used up now (ZOOKEEPER-4466, servers before 3.9).
		l.c.watches.Again(l.c.view.shared(l.path))
	}
	if counts && !waits {
		l.read(false)
	}
}

// unwatched handles the end of the watch.
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

// denialPauses are the pauses before a refused read is repeated.
var denialPauses = RetryPolicy{FirstPause: time.Second, MaxPause: 30 * time.Second}

// askLater reads again after a pause, unless something else causes a read before: there is no event when permissions
// change, nor for any change before that.
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
