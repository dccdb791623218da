package timed

import "time"

// Clock is the clock of a mutex.
type Clock interface {
	Now() time.Time
	AfterFunc(d time.Duration, f func()) Timer
}

// Timer is a timer. Stop reports whether it has prevented the timer from going off.
type Timer interface{ Stop() bool }

// Real is the clock of package time, which is virtual inside a bubble of testing/synctest.
type Real struct{}

// Now implements Clock.
func (Real) Now() time.Time { return time.Now() }

// AfterFunc implements Clock.
func (Real) AfterFunc(d time.Duration, f func()) Timer { return time.AfterFunc(d, f) }
