package zkasync

import "testing"

// What the local clock says behind the session's restoration, or behind another end of it, changes nothing.
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
