package zkserver

import (
	"io"
	"os/exec"
	"runtime"
	"syscall"
)

// Goroutine names the function of the goroutine that each running server has, for
// goleak.IgnoreAnyFunction.
const Goroutine = "github.com/zkasync/zkasync-go/internal/testkit/zkserver.(*process).run"

// process is a child process that has been started. Only run reaps it.
type process struct {
	pid  int           // written before startProcess returns
	done chan struct{} // closed by run once the child has been reaped
	err  error         // how it ended; may be read once done is closed
}

// startProcess starts cmd and takes over its log, which it closes when the process
// has ended.
func startProcess(cmd *exec.Cmd, log io.Closer) (*process, error) {
	cmd.SysProcAttr = childAttributes()
	p := &process{done: make(chan struct{})}
	started := make(chan error)
	go p.run(cmd, log, started)
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// run starts the child and waits for it on one thread, to which the goroutine is
// locked: Linux kills the child when the thread that started it ends, not when the
// program does.
func (p *process) run(cmd *exec.Cmd, log io.Closer, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(p.done)
	defer log.Close()
	err := cmd.Start()
	if err == nil {
		p.pid = cmd.Process.Pid
	}
	started <- err
	if err == nil {
		p.err = cmd.Wait()
	}
}

func (p *process) running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// signal sends sig to the child and the child's own children. It does nothing if the
// child has ended.
func (p *process) signal(sig syscall.Signal) error {
	if !p.running() {
		return nil
	}
	return signalGroup(p.pid, sig)
}
