//go:build !linux

package mux

import "time"

var start = time.Now()

// SleepIsCertain says that what Slept reports can only be sleep. Here a wall clock that is set forward looks the same: the
// connection is ended and the session resumed, but the session is not declared Lost because of it.
const SleepIsCertain = false

// Slept returns how far the wall clock has run ahead of Go's clock, which stands still on macOS while the host sleeps. On
// Windows it keeps running, so silence and timers notice the sleep without this function.
func Slept() time.Duration {
	now := time.Now()
	return now.Round(0).Sub(start.Round(0)) - now.Sub(start)
}
