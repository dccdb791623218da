package mux

import (
	"syscall"
	"time"
	"unsafe"
)

// Clocks of clock_gettime(2). The one counts the time asleep, the other, which is Go's, does not. Neither is ever set.
const (
	clockMonotonic = 1
	clockBoottime  = 7
)

// SleepIsCertain says that what Slept tells is sleep and nothing else.
const SleepIsCertain = true

// Slept returns how long the host has slept since it was started.
func Slept() (slept time.Duration) {
	for range 3 {
		before, boot, after := clock(clockMonotonic), clock(clockBoottime), clock(clockMonotonic)
		slept = boot - after
		if after-before < leastSleep/10 {
			break // else this process was held up in between, and looks once more
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
