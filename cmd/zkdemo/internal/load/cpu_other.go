//go:build !unix && !windows

package load

import "time"

// cpuTime returns false, as it does not know how to ask this system.
func cpuTime() (time.Duration, bool) { return 0, false }
