package zkserver

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// orphanEnv makes a process run TestServer_DiesWithItsParent as the parent.
const orphanEnv = "ZKSERVER_TEST_PARENT"

func TestServer_DiesWithItsParent(t *testing.T) {
	if dir := os.Getenv(orphanEnv); dir != "" {
		parent(t, dir)
		return
	}
	t.Parallel()
	cmd := exec.Command(os.Args[0], "-test.run=^TestServer_DiesWithItsParent$")
	cmd.Env = append(os.Environ(), orphanEnv+"="+t.TempDir())
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	var pid int
	for lines := bufio.NewScanner(out); pid == 0 && lines.Scan(); {
		if s, ok := strings.CutPrefix(lines.Text(), "pid "); ok {
			pid, err = strconv.Atoi(s)
			must(t, err)
		}
	}
	cmd.Wait() // it killed itself
	if pid == 0 {
		t.Fatal("the parent started no server")
	}
	must(t, poll(testContext(t), nil, func(context.Context) error {
		if alive(pid) {
			return fmt.Errorf("process %d outlives its parent", pid)
		}
		return nil
	}))
}

// parent starts a server, prints its process id and kills itself, as if it had crashed.
func parent(t *testing.T, dir string) {
	s, err := Start(testContext(t), WithDir(dir))
	must(t, err)
	fmt.Printf("pid %d\n", s.PID())
	must(t, syscall.Kill(os.Getpid(), syscall.SIGKILL))
	select {} // until the signal arrives
}

// alive reports whether the process runs. A zombie does not: there may be nobody who
// would reap it.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}
