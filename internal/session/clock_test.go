package session

import (
	"sync/atomic"
	"testing"
	"time"
)

// The clock may run out just when the session turns out to be alive, so that its goroutine comes too late.
func TestClock_ThatComesLateChangesNothing(t *testing.T) {
	t.Parallel()
	c := clock{timeout: time.Hour, ranOut: func() { t.Error("it ran out") }}
	c.start(time.Now())
	timer := c.timer
	c.lives = time.Time{}
	c.stop()
	c.tick(&timer) // after the handshake
	if gone := c.goneSince(); !gone.IsZero() {
		t.Errorf("gone since %v", gone)
	}
	c.wait()
}

func TestClock_RunsOut(t *testing.T) {
	t.Parallel()
	var ran atomic.Int32
	c := clock{timeout: time.Millisecond, ranOut: func() { ran.Add(1) }}
	c.start(time.Now())
	c.wait()
	if ran.Load() != 1 || c.goneSince().IsZero() {
		t.Errorf("ran out %d times, gone since %v", ran.Load(), c.goneSince())
	}
	if left := c.left(); left != time.Millisecond {
		t.Errorf("%v left, want the whole timeout", left)
	}
	c.reset(time.Minute)
	if !c.goneSince().IsZero() || c.negotiated() != time.Minute {
		t.Error("the next session is over too")
	}
}
