//go:build !linux

package zkserver

// frozen always returns true: whether every thread has stopped cannot be found out
// here, only that the signal has been delivered.
func frozen(int) (bool, error) { return true, nil }
