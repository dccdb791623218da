package zkserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Boot starts the process of a server that is down, with the same ports and data as
// before. It does not wait until the server is ready.
func (s *Server) Boot() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return s.errorf("start", errors.New("it was stopped for good"))
	}
	if s.proc != nil && s.proc.running() {
		return s.errorf("start", errors.New("it is running"))
	}
	log, err := os.OpenFile(s.LogFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return s.errorf("start", err)
	}
	if info, err := log.Stat(); err == nil {
		s.logFrom = info.Size()
	}
	cmd := exec.Command(s.install.java, s.commandLine()...)
	cmd.Dir = s.dir
	cmd.Stdout = log
	if s.opts.log != nil {
		cmd.Stdout = io.MultiWriter(log, s.opts.log)
	}
	cmd.Stderr = cmd.Stdout
	cmd.WaitDelay = time.Second
	p, err := startProcess(cmd, log)
	if err != nil {
		return s.errorf("start", err)
	}
	s.proc = p
	return nil
}

// Ready waits until the server accepts a session. It fails if the process or ctx
// ends first.
func (s *Server) Ready(ctx context.Context) error {
	p := s.process()
	if p == nil {
		return s.errorf("wait for", errors.New("it was never started"))
	}
	err := poll(ctx, p.done, s.check)
	if err == nil {
		return nil
	}
	if s.portTaken() {
		err = errors.Join(errPortTaken, err)
	}
	return s.errorf("wait for", fmt.Errorf("%w\nits log ends with\n%s", err, s.LogTail(logLines)))
}

// check opens a session, verifies that this server has granted it, and asks the
// server for its version. Another program's server may have taken the port first;
// and a member of an ensemble that cannot listen does not end, but tries forever.
func (s *Server) check(ctx context.Context) error {
	err := probe(ctx, s.Addr())
	if err == nil {
		var conf string
		conf, err = s.FourLetter(ctx, "conf")
		if err == nil && !strings.Contains(conf, "dataDir="+filepath.ToSlash(s.dataDir())) {
			return errPortTaken
		}
	}
	if err == nil {
		err = s.learnRelease(ctx)
	}
	if err != nil && s.portTaken() {
		return errPortTaken
	}
	return err
}

// learnRelease asks the server for its version, for Version, Since and Needs.
func (s *Server) learnRelease(ctx context.Context) error {
	srvr, err := s.FourLetter(ctx, "srvr")
	if err != nil {
		return err
	}
	r, err := releaseOf(srvr)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.release = r
	s.mu.Unlock()
	return nil
}

// portTaken reports whether the server could not listen since it was last started.
func (s *Server) portTaken() bool {
	s.mu.Lock()
	from := s.logFrom
	s.mu.Unlock()
	return logSays(s.LogFile(), from, "BindException")
}

// Restart ends the process if there is one, starts it again with the same ports
// and data, and returns once it has accepted a session. A member of an ensemble
// accepts one only if a majority is up.
func (s *Server) Restart(ctx context.Context) error {
	if err := s.Terminate(ctx); err != nil {
		return err
	}
	if err := s.Boot(); err != nil {
		return err
	}
	return s.Ready(ctx)
}

// Freeze halts the process (SIGSTOP) and returns once none of its threads runs. Its
// connections stay open, and the kernel accepts new ones for it.
func (s *Server) Freeze() error {
	p := s.process()
	if p == nil || !p.running() {
		return s.errorf("freeze", errors.New("it is not running"))
	}
	if err := p.signal(sigFreeze); err != nil {
		return s.errorf("freeze", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), longestAttempt)
	defer cancel()
	err := poll(ctx, p.done, func(context.Context) error {
		all, err := frozen(p.pid)
		if err == nil && !all {
			err = errors.New("a thread still runs")
		}
		return err
	})
	if err != nil {
		return s.errorf("freeze", err)
	}
	return nil
}

// Continue lets a frozen process run again (SIGCONT).
func (s *Server) Continue() error {
	p := s.process()
	if p == nil {
		return nil
	}
	if err := p.signal(sigContinue); err != nil {
		return s.errorf("continue", err)
	}
	return nil
}

// Kill ends the process at once (SIGKILL), frozen or not, and waits for its end.
// The data stays: Restart brings it back.
func (s *Server) Kill() error { return s.end(context.Background(), syscall.SIGKILL) }

// Terminate asks the process to end (SIGTERM) and waits for its end. If ctx ends or
// some seconds have passed, it kills the process. The data stays.
func (s *Server) Terminate(ctx context.Context) error { return s.end(ctx, sigTerminate) }

// terminateTimeout is how long Terminate waits before it kills.
const terminateTimeout = 5 * time.Second

func (s *Server) end(ctx context.Context, sig syscall.Signal) error {
	p := s.process()
	if p == nil {
		return nil
	}
	if err := p.signal(sig); err != nil {
		return s.errorf("end", err)
	}
	// Until it is continued, a frozen process gets no signal except SIGKILL.
	if err := p.signal(sigContinue); err != nil {
		return s.errorf("end", err)
	}
	ctx, cancel := context.WithTimeout(ctx, terminateTimeout)
	defer cancel()
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
	}
	if err := p.signal(syscall.SIGKILL); err != nil {
		return s.errorf("end", err)
	}
	<-p.done
	return nil
}

// Wipe removes all znodes, sessions and transaction logs of a server that is down, as
// if its disk had been lost.
func (s *Server) Wipe() error {
	if s.Running() {
		return s.errorf("wipe", errors.New("it is running"))
	}
	if err := os.RemoveAll(s.dataDir()); err != nil {
		return s.errorf("wipe", err)
	}
	if err := s.writeData(); err != nil {
		return s.errorf("wipe", err)
	}
	return nil
}

// Stop ends the process for good, gives up the ports, and removes the folder unless
// WithDir named it. Calling it again does nothing. A server whose data is removed
// anyway is killed, since Java takes a third of a second to end by itself.
func (s *Server) Stop(ctx context.Context) error {
	s.mu.Lock()
	first := !s.stopped
	s.stopped = true
	s.mu.Unlock()
	sig := syscall.SIGKILL
	if s.opts.dir != "" {
		sig = sigTerminate
	}
	err := s.end(ctx, sig)
	if !first {
		return err
	}
	s.ports.release()
	if s.opts.dir != "" {
		return err
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}
