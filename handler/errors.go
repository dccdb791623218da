package handler

import "errors"

var (
	// ErrRunning is returned by Start on a running handler: a handler serves one client at a time.
	ErrRunning = errors.New("handler: running already, one client per handler at a time")

	// ErrInCallback is the reason why Stop, called from within a callback, does not wait: it would wait for itself.
	ErrInCallback = errors.New("stop called from within a callback")

	// ErrGoexit is the value of the [Panic] that reports a callback that ended its
	// goroutine with runtime.Goexit.
	ErrGoexit = errors.New("callback called runtime.Goexit")
)

// StuckError is returned by Stop when it returns early because a callback is still running.
type StuckError struct {
	Callback string // its name; "" if tasks were left but none ran at that moment
	Err      error  // why Stop did not wait longer: its context's error, or ErrInCallback
}

// Error names the callback and the reason.
func (e *StuckError) Error() string {
	if e.Callback == "" {
		return "handler: stop: callbacks are still queued: " + e.Err.Error()
	}
	return "handler: stop: callback " + e.Callback + " still runs: " + e.Err.Error()
}

// Unwrap returns Err.
func (e *StuckError) Unwrap() error { return e.Err }
