package recipe

import (
	"context"
	"time"
)

// alarm has a queue looked at again when an item is due. Queue.mu guards it.
type alarm struct {
	due    int64 // in milliseconds since 1970
	disarm func()
}

// set has it go off at a time, and not at another.
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

// stop keeps it from going off.
func (a *alarm) stop() {
	if a.disarm != nil {
		a.disarm()
		a.disarm = nil
	}
}
