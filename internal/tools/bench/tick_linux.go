package main

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// newTicks returns a function that waits for the next tick. While the process is idle, the runtime's own timers are no finer than
// a millisecond, which is longer than most latencies. A timer that is read like a socket wakes the process on time.
func newTicks(every time.Duration) (wait func(), stop func(), err error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, nil, err
	}
	f := os.NewFile(uintptr(fd), "timer")
	spec := unix.NsecToTimespec(every.Nanoseconds())
	if err := unix.TimerfdSettime(fd, 0, &unix.ItimerSpec{Interval: spec, Value: spec}, nil); err != nil {
		_ = f.Close()
		return nil, nil, err
	}
	ticks := make([]byte, 8)
	return func() { _, _ = f.Read(ticks) }, func() { _ = f.Close() }, nil
}
