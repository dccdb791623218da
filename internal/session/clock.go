package session

import (
	"sync"
	"time"

	"github.com/zkasync/zkasync-go/internal/mux"
)

// clock is the session's time. While there is no connection it runs, and tells when the session can no longer be alive: a session
// timeout after the server has heard from this side for certain. The time that the host sleeps counts, though it does not for timers.
type clock struct {
	ranOut func()               // called when it runs out, on a goroutine that wait joins
	slept  func() time.Duration // of mux.Config

	mu      sync.Mutex
	timeout time.Duration  // as negotiated
	lives   time.Time      // until when the session can be alive; zero while connected
	gone    time.Time      // since when it can not, zero if it can
	timer   *time.Timer    // runs while there is no connection
	sleep   mux.SleepWatch // while timer runs
	running sync.WaitGroup
}

// clockTick is how often the clock looks whether the host has slept.
const clockTick = time.Second

// start has the clock run out a session timeout after heard.
func (c *clock) start(heard time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lives = heard.Add(c.timeout)
	c.running.Add(1)
	var timer *time.Timer
	c.sleep = mux.NewSleepWatch(c.slept)
	timer = time.AfterFunc(min(clockTick, time.Until(c.lives)), func() {
		defer c.running.Done()
		c.tick(&timer)
	})
	c.timer = timer
}

// tick calls ranOut, unless there is time left, or the clock was stopped meanwhile. What timer points to is guarded by mu.
func (c *clock) tick(timer **time.Timer) {
	c.mu.Lock()
	if c.timer != *timer {
		c.mu.Unlock()
		return
	}
	if slept := c.sleep.Since(); mux.SleepIsCertain {
		c.lives = c.lives.Add(-slept)
	}
	if left := time.Until(c.lives); left > 0 {
		c.running.Add(1)
		c.timer.Reset(min(clockTick, left))
		c.mu.Unlock()
		return
	}
	c.gone = time.Now()
	c.mu.Unlock()
	c.ranOut()
}

// stop stops the clock.
func (c *clock) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timer != nil && c.timer.Stop() {
		c.running.Done()
	}
	c.timer = nil
}

// wait joins the clock's goroutines.
func (c *clock) wait() { c.running.Wait() }

// reset is for another session, or one that lives after all. A timeout of 0 leaves that as it is.
func (c *clock) reset(timeout time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if timeout > 0 {
		c.timeout = timeout
	}
	c.lives, c.gone = time.Time{}, time.Time{}
}

// negotiated is the session timeout.
func (c *clock) negotiated() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.timeout
}

// left is the time until the session can no longer be alive, as far as this side knows; the whole of it, once that has
// passed.
func (c *clock) left() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if left := time.Until(c.lives); left > 0 {
		return left
	}
	return c.timeout
}

// goneSince is since when the session is over by this clock, the zero time if it is not.
func (c *clock) goneSince() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gone
}
