//go:build unix

package zkasync_test

import (
	"syscall"
	"time"
)

// cpuTime returns the CPU time that all threads of this process have used, in user mode and in the kernel.
func cpuTime() (used time.Duration, known bool) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, false
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), true
}
