package chance

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func draw(t *testing.T) (all []time.Duration) {
	synctest.Test(t, func(*testing.T) {
		d := New()
		for range 100 {
			all = append(all, d(time.Minute))
			time.Sleep(all[len(all)-1])
		}
	})
	return all
}

// Two runs draw different durations, and the same ones after Repeatable.
func TestDraw_IsRepeatable(t *testing.T) {
	if slices.Equal(draw(t), draw(t)) {
		t.Error("two runs draw the same")
	}
	Repeatable()
	defer repeatable.Store(false)
	first := draw(t)
	if !slices.Equal(first, draw(t)) {
		t.Error("two runs draw differently")
	}
	slices.Sort(first)
	if len(slices.Compact(first)) < 90 || first[0] < 0 || first[len(first)-1] >= time.Minute {
		t.Errorf("drawn: %v", first)
	}
}
