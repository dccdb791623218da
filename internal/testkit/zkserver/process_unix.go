//go:build !windows

package zkserver

import (
	"errors"
	"os"
	"syscall"
)

const (
	sigTerminate = syscall.SIGTERM
	sigFreeze    = syscall.SIGSTOP
	sigContinue  = syscall.SIGCONT
)

func signalGroup(pid int, sig syscall.Signal) error {
	err := syscall.Kill(-pid, sig)
	if errors.Is(err, syscall.ESRCH) {
		return nil // the process has just ended
	}
	return os.NewSyscallError("kill", err)
}
