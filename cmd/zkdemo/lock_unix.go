//go:build unix

package main

import (
	"os"
	"os/exec"
	"syscall"
)

func askToEnd(p *os.Process) error { return p.Signal(syscall.SIGTERM) }

// exitCodeOfProcess returns the exit code as a shell would: for a process that was ended by a signal, 128 plus its number.
func exitCodeOfProcess(e *exec.ExitError) int {
	if status, ok := e.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return e.ExitCode()
}
