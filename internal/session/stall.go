package session

import "time"

// starving is the time between two looks at the clock from which on this process is taken to have stood still.
const starving = 5 * closeTick

// stallClock measures how long a server has sent no replies. Time in which this process stood still, and could read none, does not
// count.
type stallClock struct {
	replies     int64
	since, last time.Time
}

func newStallClock(replies int64, now time.Time) *stallClock {
	return &stallClock{replies: replies, since: now, last: now}
}

// quiet returns for how long the number of replies has not changed. It is called once in each closeTick.
func (k *stallClock) quiet(replies int64, now time.Time) time.Duration {
	if gap := now.Sub(k.last); gap > starving {
		k.since = k.since.Add(gap)
	}
	k.last = now
	if replies != k.replies {
		k.replies, k.since = replies, now
	}
	return now.Sub(k.since)
}
