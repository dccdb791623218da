//go:build !unix

package transfer

import "os"

// isRunning reports whether a process with the number pid exists.
func isRunning(pid int) bool {
	p, err := os.FindProcess(pid) // on Windows, this opens the process
	if err != nil {
		return false
	}
	_ = p.Release()
	return true
}
