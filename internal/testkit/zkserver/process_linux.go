package zkserver

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// childAttributes puts the child into a process group of its own, so that a signal
// from the terminal does not reach it, and makes the kernel kill it when its parent is
// gone. "Parent" means the thread that started it (prctl(2), PR_SET_PDEATHSIG;
// https://go.dev/issue/27505), hence the locked thread in (*process).run.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// frozen reports whether every thread of the process has stopped. SIGSTOP has been
// delivered when kill returns, but threads stop one after the other.
func frozen(pid int) (bool, error) {
	stats, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if len(stats) == 0 {
		return false, os.ErrProcessDone
	}
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // the thread has ended
		}
		// "pid (name) S …": the name may contain parentheses and blanks, so search from the right.
		if i := bytes.LastIndexByte(stat, ')'); i >= 0 && i+2 < len(stat) && stat[i+2] != 'T' {
			return false, nil
		}
	}
	return true, nil
}
