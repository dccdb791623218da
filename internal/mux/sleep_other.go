//go:build !linux

package mux

import "time"

var start = time.Now()

// SleepIsCertain says that what Slept tells is sleep and nothing else. A wall clock that is set forward looks the same, so
// the connection is left and the session resumed, but the session is not said to be Lost for it.
const SleepIsCertain = false

// Slept returns how far the wall clock has run ahead of Go's, which stands still on macOS while the host sleeps. On Windows
// it goes on, so that silence and timers tell by themselves.
func Slept() time.Duration {
	now := time.Now()
	return now.Round(0).Sub(start.Round(0)) - now.Sub(start)
}
