//go:build !unix

package transfer

import "os"

// isRunning reports whether there is a process with the number pid.
func isRunning(pid int) bool {
	p, err := os.FindProcess(pid) // which opens it, on Windows
	if err != nil {
		return false
	}
	_ = p.Release()
	return true
}
