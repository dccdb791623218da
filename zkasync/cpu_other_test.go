//go:build !unix

package zkasync_test

import "time"

// cpuTime returns false, as it does not know how to ask this system.
func cpuTime() (used time.Duration, known bool) { return 0, false }
