package zktest

import (
	"fmt"
	"sync"
	"time"

	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/timed"
)

// Clock is a clock that stands still until it is advanced; see [WithClock]. The methods are safe for concurrent use.
type Clock struct {
	mu     sync.Mutex
	time   time.Time
	seq    uint64
	timers map[*manualTimer]bool

	advancing sync.Mutex // held while a goroutine moves the clock
}

// NewClock returns a clock that shows start.
func NewClock(start time.Time) *Clock {
	return &Clock{time: start, timers: make(map[*manualTimer]bool)}
}

// Now returns the time of the clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.time
}

// Advance moves the clock forward by d. When it returns, everything that the servers with this clock do in that time has
// been done, one thing after the other, each at its time: sessions have expired, containers have been deleted, delayed
// answers have been sent. Clients keep their own time. Advance panics if d is negative, because a clock has no test that
// it could fail.
func (c *Clock) Advance(d time.Duration) {
	if d < 0 {
		panic(fmt.Sprintf("zktest: Advance by %v: time does not go back", d))
	}
	c.advancing.Lock()
	defer c.advancing.Unlock()
	target := c.Now().Add(d)
	for {
		f, due := c.next(target)
		if !due {
			return
		}
		f()
	}
}

// next moves the clock to the next timer that goes off by target, and returns its function. If there is none, it moves the
// clock to target and returns false.
func (c *Clock) next(target time.Time) (f func(), due bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var first *manualTimer
	for t := range c.timers {
		if first == nil || t.at.Before(first.at) || t.at.Equal(first.at) && t.seq < first.seq {
			first = t
		}
	}
	if first == nil || first.at.After(target) {
		c.time = target
		return nil, false
	}
	delete(c.timers, first)
	if first.at.After(c.time) {
		c.time = first.at
	}
	return first.f, true
}

// manual makes a Clock a timed.Clock, which servers use.
type manual struct{ *Clock }

// AfterFunc implements timed.Clock.
func (c manual) AfterFunc(d time.Duration, f func()) timed.Timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seq++
	t := &manualTimer{clock: c.Clock, at: c.time.Add(d), seq: c.seq, f: f}
	c.timers[t] = true
	return t
}

type manualTimer struct {
	clock *Clock
	at    time.Time
	seq   uint64
	f     func()
}

// Stop implements timed.Timer.
func (t *manualTimer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	there := t.clock.timers[t]
	delete(t.clock.timers, t)
	return there
}
