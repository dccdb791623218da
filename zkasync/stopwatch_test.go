package zkasync_test

import (
	"testing"
	"time"
)

// stopwatch measures how long something took on a machine that may be busy with other tests: a tick that comes late shows
// for how long nothing here could run, and such time does not count.
type stopwatch struct {
	begin   time.Time
	stop    chan struct{}
	stalled chan time.Duration
}

// stopwatchTick is how often a stopwatch looks; what is late by less counts.
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

// late tells by how much more than a tick the last one is past.
func late(last time.Time) time.Duration { return max(0, time.Since(last)-2*stopwatchTick) }

// took ends the measurement, once, and tells how long it was to the given moment, without the stalls.
func (s *stopwatch) took(at time.Time) time.Duration {
	select {
	case <-s.stop:
		return 0
	default:
	}
	close(s.stop)
	return at.Sub(s.begin) - <-s.stalled
}
