package recipe

import (
	"context"
	"time"
)

// alarm makes a queue look again when an item is due. Queue.mu guards it.
type alarm struct {
	due    int64 // in milliseconds since 1970
	disarm func()
}

// set sets the alarm to a time and clears any other.
func (a *alarm) set(q *Queue, due int64) {
	if a.disarm != nil && a.due == due {
		return
	}
	a.stop()
	ctx, cancel := context.WithDeadline(context.Background(), time.UnixMilli(due))
	unlink := q.c.AfterFunc(ctx, func() {
		cancel()
		q.mu.Lock()
		if a.due == due {
			a.disarm = nil
		}
		q.mu.Unlock()
		q.look()
	})
	a.due, a.disarm = due, func() {
		unlink()
		cancel()
	}
}

// stop keeps the alarm from firing.
func (a *alarm) stop() {
	if a.disarm != nil {
		a.disarm()
		a.disarm = nil
	}
}
