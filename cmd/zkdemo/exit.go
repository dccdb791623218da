package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"syscall"
)

// The program's exit codes. They are part of its interface; exitCodesHelp explains them to users.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitConnect     = 3
	exitSkipped     = 4
	exitInterrupted = 130 // what a shell reports for an interrupted program
)

const exitCodesHelp = `Exit codes:
  0    done
  1    an operation failed
  2    wrong usage, and nothing was done
  3    no connection to ZooKeeper
  4    done, but something was skipped
  130  interrupted`

// usageError is a mistake in the command line. Nothing has been done yet.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// connectError means that there is no session.
type connectError struct{ err error }

func (e connectError) Error() string { return e.err.Error() }
func (e connectError) Unwrap() error { return e.err }

// skippedError means that the command did everything else, but had to skip items.
type skippedError struct{ skipped int }

func (e skippedError) Error() string {
	if e.skipped == 1 {
		return "1 item was skipped"
	}
	return fmt.Sprintf("%d items were skipped", e.skipped)
}

// errOutput is why a command is stopped when its output can no longer be written.
var errOutput = errors.New("cannot write the output")

// exitCode returns the exit code for a command that ended with err.
func exitCode(ctx context.Context, err error) int {
	var usage usageError
	var connect connectError
	var skipped skippedError
	var command commandExit
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage):
		return exitUsage
	case ctx.Err() != nil:
		return exitInterrupted
	case errors.As(err, &command):
		return command.code
	case errors.As(err, &connect):
		return exitConnect
	case errors.As(err, &skipped):
		return exitSkipped
	}
	return exitFailed
}

// output is the standard output. The first write that fails stops the command; later writes fail at once.
type output struct {
	w    io.Writer
	stop context.CancelCauseFunc

	mu  sync.Mutex
	err error
}

func (o *output) Write(p []byte) (int, error) {
	if err := o.failure(); err != nil {
		return 0, err
	}
	n, err := o.w.Write(p)
	if err != nil {
		failed := fmt.Errorf("%w: %w", errOutput, err)
		o.mu.Lock()
		o.err = failed
		o.mu.Unlock()
		o.stop(failed)
	}
	return n, err
}

// failure returns why writing has failed, or nil.
func (o *output) failure() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// closedByReader reports whether writing failed because the reader has gone away, which is no reason to complain.
func (o *output) closedByReader() bool { return errors.Is(o.failure(), syscall.EPIPE) }

// ownPrefixes removes the names of packages from error messages: users of zkdemo need not know them.
var ownPrefixes = strings.NewReplacer("zkasync: ", "", "zk: ", "")
