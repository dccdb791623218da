package timed

import "time"

// Clock is what a mutex keeps time by.
type Clock interface {
	Now() time.Time
	AfterFunc(d time.Duration, f func()) Timer
}

// Timer is a timer; Stop reports whether it kept the timer from going off.
type Timer interface{ Stop() bool }

// Real is package time's, which is virtual inside a bubble of testing/synctest.
type Real struct{}

// Now implements clock.
func (Real) Now() time.Time { return time.Now() }

// AfterFunc implements clock.
func (Real) AfterFunc(d time.Duration, f func()) Timer { return time.AfterFunc(d, f) }
