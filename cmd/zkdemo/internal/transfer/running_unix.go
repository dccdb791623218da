//go:build unix

package transfer

import (
	"errors"
	"syscall"
)

// isRunning reports whether a process with the number pid exists.
func isRunning(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}
