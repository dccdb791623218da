package mux

import (
	"syscall"
	"time"
	"unsafe"
)

// Clocks of clock_gettime(2). CLOCK_BOOTTIME counts the time asleep; CLOCK_MONOTONIC, which Go uses, does not. Nobody can set
// either.
const (
	clockMonotonic = 1
	clockBoottime  = 7
)

// SleepIsCertain says that what Slept reports can only be sleep.
const SleepIsCertain = true

// Slept returns how long the host has slept since it was started.
func Slept() (slept time.Duration) {
	for range 3 {
		before, boot, after := clock(clockMonotonic), clock(clockBoottime), clock(clockMonotonic)
		slept = boot - after
		if after-before < leastSleep/10 {
			break // otherwise this process was held up between the readings, and they are repeated
		}
	}
	return slept
}

func clock(id uintptr) time.Duration {
	var ts syscall.Timespec
	if _, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, id, uintptr(unsafe.Pointer(&ts)), 0); errno != 0 {
		return 0
	}
	return time.Duration(ts.Nano())
}
