//go:build unix

package main

import (
	"os/signal"
	"syscall"
)

// stayOutOfTerminal has a read from the terminal fail when the program runs in the background. Otherwise such a read would
// stop the whole program ("zkdemo server &").
func stayOutOfTerminal() { signal.Ignore(syscall.SIGTTIN) }
