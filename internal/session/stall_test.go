package session

import (
	"testing"
	"time"
)

func TestStallClock(t *testing.T) {
	at := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	k := newStallClock(7, at)
	for i, step := range []struct {
		after   time.Duration
		replies int64
		want    time.Duration
	}{
		{closeTick, 7, closeTick},
		{closeTick, 7, 2 * closeTick},
		{starving, 7, 2*closeTick + starving}, // late, but not too late
		{closeTick, 8, 0},
		{closeTick, 8, closeTick},
		{time.Minute, 8, closeTick}, // this process stood still
		{closeTick, 8, 2 * closeTick},
		{time.Minute, 9, 0},
	} {
		at = at.Add(step.after)
		if got := k.quiet(step.replies, at); got != step.want {
			t.Errorf("step %d: %v, want %v", i, got, step.want)
		}
	}
}
