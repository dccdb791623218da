package load

import (
	"time"

	"golang.org/x/sys/windows"
)

// filetimeUnit is the unit of a FILETIME.
const filetimeUnit = 100 * time.Nanosecond

// cpuTime returns the processor time that this process has used so far, in user and in kernel mode.
func cpuTime() (time.Duration, bool) {
	var created, exited, kernel, user windows.Filetime
	if err := windows.GetProcessTimes(windows.CurrentProcess(), &created, &exited, &kernel, &user); err != nil {
		return 0, false
	}
	return ticks(kernel) + ticks(user), true
}

// ticks converts a FILETIME that is a duration. Filetime.Nanoseconds is only for dates.
func ticks(t windows.Filetime) time.Duration {
	return time.Duration(int64(t.HighDateTime)<<32|int64(t.LowDateTime)) * filetimeUnit
}
