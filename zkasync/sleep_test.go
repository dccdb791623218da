package zkasync

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/internal/mux"
	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
)

// hostClock tells how long the host has slept.
type hostClock struct{ atomic.Int64 }

func (h *hostClock) slept() time.Duration  { return time.Duration(h.Load()) }
func (h *hostClock) sleep(d time.Duration) { h.Add(int64(d)) }

// sleeper returns a client on a host that sleeps when the test says so.
func sleeper(t *testing.T, scripts ...zkpeer.Script) (*Client, *hostClock) {
	t.Helper()
	p := zkpeer.Pipes(t, scripts...)
	c, err := New("one.test", WithDialer(p.Dial))
	if err != nil {
		t.Fatal(err)
	}
	h := new(hostClock)
	c.cfg.slept = h.slept
	if err := c.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c, h
}

// wake lets the host sleep, and returns the changes of state that the client reports soon after it.
func wake(t *testing.T, c *Client, h *hostClock, slept time.Duration) []StateChange {
	t.Helper()
	changes := c.States(t.Context())
	time.Sleep(2500 * time.Millisecond) // in virtual time, to a moment between two heartbeats
	h.sleep(slept)
	time.Sleep(time.Second)
	synctest.Wait()
	var all []StateChange
	for {
		select {
		case change := <-changes:
			all = append(all, change)
		default:
			return all
		}
	}
}

// The host has slept for longer than the session timeout. The client notices that at once, reports Lost, and resumes the session if it
// still exists.
func TestSleep_TheHostSlept(t *testing.T) {
	if !mux.SleepIsCertain {
		t.Log("on this system the wall clock tells, which may have been set: the session is not said to be Lost")
	}
	synctest.Test(t, func(t *testing.T) {
		c, h := sleeper(t)
		id := c.Session().ID
		changes := wake(t, c, h, DefaultSessionTimeout)
		var states []State
		for _, change := range changes {
			states = append(states, change.State)
		}
		if len(states) < 2 || states[0] != StateSuspended || states[len(states)-1] != StateConnected || c.Session().ID != id {
			t.Fatalf("changes to %v", states)
		}
		var slept *mux.SleepError
		if !errors.As(changes[0].Err, &slept) || slept.For != DefaultSessionTimeout {
			t.Errorf("lost with %v", changes[0].Err)
		}
	})
}

// The server is away when the host wakes.
func TestSleep_TheHostSleptAndTheServerIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, h := sleeper(t, zkpeer.Healthy, func(*zkpeer.Conn) {})
		wake(t, c, h, DefaultSessionTimeout)
		if want := map[bool]State{true: StateLost, false: StateSuspended}[mux.SleepIsCertain]; c.State() != want {
			t.Errorf("state %v, want %v", c.State(), want)
		}
	})
}

// The host sleeps while there is no connection. The time counts.
func TestSleep_TheHostSleptWhileSuspended(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cut := make(chan struct{})
		c, h := sleeper(t, func(s *zkpeer.Conn) {
			s.Accept()
			<-cut
		}, func(*zkpeer.Conn) {})
		close(cut)
		synctest.Wait()
		if changes := wake(t, c, h, DefaultSessionTimeout); mux.SleepIsCertain &&
			(len(changes) != 1 || changes[0].State != StateLost || !errors.Is(changes[0].Err, errClock)) {
			t.Errorf("changes %+v, want Lost", changes)
		}
	})
}

// A short sleep does not end the connection, but counts as silence. Small jumps of the clock, or jumps back, do not count as sleep.
func TestSleep_AShortSleepIsSilence(t *testing.T) {
	for slept, left := range map[time.Duration]bool{
		3 * time.Second:                false,
		6 * time.Second:                true, // the server was last heard 2.5 seconds before, and silence may last for 6.7
		50 * time.Millisecond:          false,
		-time.Hour:                     false,
		DefaultSessionTimeout / 1000:   false,
		DefaultSessionTimeout + 1<<40:  true,
		365 * 24 * time.Hour:           true,
		-DefaultSessionTimeout - 1<<20: false,
	} {
		synctest.Test(t, func(t *testing.T) {
			c, h := sleeper(t)
			if changes := wake(t, c, h, slept); (len(changes) > 0) != left || !c.Connected() {
				t.Errorf("slept for %v: changes %+v", slept, changes)
			}
		})
	}
}

// The system's own clock reports no sleep while the host is awake, however often it is asked.
func TestSlept_IsSteady(t *testing.T) {
	w := mux.NewSleepWatch(nil)
	for range 10_000 {
		if d := w.Since(); d != 0 {
			t.Fatalf("slept for %v", d)
		}
	}
}
