//go:build !linux

package main

import "time"

// newTicks returns a function that waits for the next tick, as precisely as the runtime can.
func newTicks(every time.Duration) (wait func(), stop func(), err error) {
	t := time.NewTicker(every)
	return func() { <-t.C }, t.Stop, nil
}
