package zkserver

import (
	"errors"
	"os"
	"syscall"
)

// Windows has no such signals. These numbers only distinguish them in this package.
const (
	sigTerminate = syscall.SIGTERM
	sigFreeze    = syscall.Signal(0x100)
	sigContinue  = syscall.Signal(0x101)
)

func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

func signalGroup(pid int, sig syscall.Signal) error {
	switch sig {
	case sigContinue:
		return nil // a process cannot be frozen here
	case sigFreeze:
		return errors.New("a process cannot be frozen on Windows")
	}
	p, err := os.FindProcess(pid)
	if err != nil {
		return nil // the process has ended
	}
	defer p.Release()
	if err := p.Kill(); !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}
