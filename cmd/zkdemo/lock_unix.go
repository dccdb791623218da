//go:build unix

package main

import (
	"os"
	"os/exec"
	"syscall"
)

func askToEnd(p *os.Process) error { return p.Signal(syscall.SIGTERM) }

// exitCodeOfProcess is the code that a shell gives, 128 and the number of the signal for one that a signal has ended.
func exitCodeOfProcess(e *exec.ExitError) int {
	if status, ok := e.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return e.ExitCode()
}
