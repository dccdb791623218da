package session

import (
	"sync"
	"time"

	"github.com/zkasync/zkasync-go/internal/mux"
)

// clock measures how long the session can still be alive. It runs while there is no connection, and runs out a session timeout
// after the server has certainly heard from the client. The time for which the host sleeps counts, though timers ignore it.
type clock struct {
	ranOut func()               // called when the session can no longer be alive, on a goroutine that wait joins
	slept  func() time.Duration // of mux.Config

	mu      sync.Mutex
	timeout time.Duration  // as negotiated
	lives   time.Time      // until when the session can be alive; zero while connected
	gone    time.Time      // since when it can no longer be alive, zero if it can
	timer   *time.Timer    // runs while there is no connection
	sleep   mux.SleepWatch // while timer runs
	running sync.WaitGroup
}

// clockTick is how often the clock checks whether the host has slept.
const clockTick = time.Second

// start makes the clock run out a session timeout after heard.
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

// tick calls ranOut, unless there is time left or the clock has been stopped. c.mu guards what timer points to.
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

// note records when the server was last certain to have heard from the client, without making the clock run.
func (c *clock) note(heard time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lives = heard.Add(c.timeout)
}

// remaining returns how long the session can still be alive; 0: it cannot.
func (c *clock) remaining() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return max(time.Until(c.lives), 0)
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

// reset is called for a new session, and for one that turned out to be alive. A timeout of 0 leaves the timeout unchanged.
func (c *clock) reset(timeout time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if timeout > 0 {
		c.timeout = timeout
	}
	c.lives, c.gone = time.Time{}, time.Time{}
}

// negotiated returns the session timeout.
func (c *clock) negotiated() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.timeout
}

// left returns how long the session can still be alive, as far as the client knows. Once that time has passed, it returns the whole
// timeout.
func (c *clock) left() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if left := time.Until(c.lives); left > 0 {
		return left
	}
	return c.timeout
}

// goneSince returns since when the session is over by this clock, or the zero time if it is not.
func (c *clock) goneSince() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gone
}
