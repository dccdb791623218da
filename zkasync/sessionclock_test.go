package zkasync

import (
	"testing"
	"time"
)

// The clock of a session's end may run out just when the session turns out to live, and its goroutine come late.
func TestSessionClock_ThatComesLateChangesNothing(t *testing.T) {
	t.Parallel()
	c, err := New("127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	r := &run{c: c, timeout: time.Hour}
	c.states.set(func(StateChange) (StateChange, bool) { return StateChange{State: StateSuspended}, true })
	r.startClock(time.Now())
	clock := r.clock
	r.lives = time.Time{}
	r.stopClock()
	r.clockRanOut(&clock) // behind the handshake
	if state := c.State(); state != StateSuspended || !r.gone.IsZero() {
		t.Errorf("state %v, gone since %v", state, r.gone)
	}
	r.startClock(time.Now())
	clock = r.clock
	r.lives = time.Time{}
	c.states.set(func(StateChange) (StateChange, bool) { return StateChange{State: StateConnected}, true })
	r.clockRanOut(&clock) // behind the restoration
	if state := c.State(); state != StateConnected {
		t.Errorf("state %v", state)
	}
	r.stopClock()
}

func TestSessionClock_DeclaresTheSessionLost(t *testing.T) {
	t.Parallel()
	c, err := New("127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	r := &run{c: c, timeout: time.Millisecond}
	c.states.set(func(StateChange) (StateChange, bool) { return StateChange{State: StateSuspended}, true })
	r.startClock(time.Now())
	r.clocks.Wait()
	if state := c.State(); state != StateLost || r.gone.IsZero() {
		t.Errorf("state %v, gone since %v", state, r.gone)
	}
}
