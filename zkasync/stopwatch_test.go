package zkasync_test

import (
	"testing"
	"time"
)

// stopwatch measures how long something takes on a machine that may be busy with other tests. When a tick comes late, nothing here
// could run for that time, so it does not count.
type stopwatch struct {
	begin   time.Time
	stop    chan struct{}
	stalled chan time.Duration
}

// stopwatchTick is how often a stopwatch ticks. Delays of about a tick count as normal time.
const stopwatchTick = 10 * time.Millisecond

func startStopwatch(t testing.TB) *stopwatch {
	s := &stopwatch{begin: time.Now(), stop: make(chan struct{}), stalled: make(chan time.Duration, 1)}
	go s.run()
	t.Cleanup(func() { s.took(time.Now()) })
	return s
}

func (s *stopwatch) run() {
	var stalled time.Duration
	for last := s.begin; ; {
		select {
		case <-time.After(stopwatchTick):
		case <-s.stop:
			s.stalled <- stalled + late(last)
			return
		}
		stalled += late(last)
		last = time.Now()
	}
}

// late returns by how much the next tick is late, beyond one tick.
func late(last time.Time) time.Duration { return max(0, time.Since(last)-2*stopwatchTick) }

// took ends the measurement, and returns how long it was up to the given moment, without the times for which nothing could run.
func (s *stopwatch) took(at time.Time) time.Duration {
	select {
	case <-s.stop:
		return 0
	default:
	}
	close(s.stop)
	return at.Sub(s.begin) - <-s.stalled
}
