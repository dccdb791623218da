//go:build !linux && !windows

package zkserver

import "syscall"

// childAttributes puts the child into a group of its own, which a signal to the
// terminal does not reach. Nothing here kills it when its parent is killed.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
