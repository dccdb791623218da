//go:build !linux && !windows

package zkserver

import "syscall"

// childAttributes puts the child into a process group of its own, so that a signal
// from the terminal does not reach it. Nothing kills it here if its parent is killed.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
