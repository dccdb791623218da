//go:build !unix

package main

import (
	"os"
	"os/exec"
)

func askToEnd(p *os.Process) error { return p.Kill() }

func exitCodeOfProcess(e *exec.ExitError) int { return e.ExitCode() }
