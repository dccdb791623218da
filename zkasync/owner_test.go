package zkasync

import "testing"

// The local clock has no effect if it runs out after the session was restored, or has ended in another way.
func TestOwner_ClockThatRunsOutLate(t *testing.T) {
	t.Parallel()
	c, err := New("127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	for before, after := range map[State]State{
		StateConnected: StateConnected, StateAuthFailed: StateAuthFailed, StateClosed: StateClosed, StateSuspended: StateLost,
	} {
		c.states.set(func(StateChange) (StateChange, bool) { return StateChange{State: before}, true })
		(&owner{&run{c: c}}).ClockRanOut()
		if state := c.State(); state != after {
			t.Errorf("%v becomes %v", before, state)
		}
	}
}
