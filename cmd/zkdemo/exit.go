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

// What the program ends with. They are part of its interface and stand in its help.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitConnect     = 3
	exitSkipped     = 4
	exitInterrupted = 130 // as a shell reports a program that was interrupted
)

const exitCodesHelp = `Exit codes:
  0    done
  1    an operation failed
  2    wrong usage; nothing was done
  3    no connection to ZooKeeper
  4    done, but something was skipped
  130  interrupted`

// usageError is the user's to mend: nothing has been done yet.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// connectError is a session that did not come about.
type connectError struct{ err error }

func (e connectError) Error() string { return e.err.Error() }
func (e connectError) Unwrap() error { return e.err }

// skippedError is a command that did what it could.
type skippedError struct{ skipped int }

func (e skippedError) Error() string {
	if e.skipped == 1 {
		return "1 item was skipped"
	}
	return fmt.Sprintf("%d items were skipped", e.skipped)
}

// errOutput is why a command is stopped whose output nobody can take any more.
var errOutput = errors.New("cannot write the output")

// exitCode gives what the program ends with after err.
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

// output is the standard output. Its first failure ends the command through stop; later writes fail at once.
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

// failure is why no more can be written, nil if it can.
func (o *output) failure() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// closedByReader reports whether the output failed because its reader had seen enough, which nobody needs to be told.
func (o *output) closedByReader() bool { return errors.Is(o.failure(), syscall.EPIPE) }

// ownPrefixes takes out the names of the packages that an error passed through: the reader asked zkdemo.
var ownPrefixes = strings.NewReplacer("zkasync: ", "", "zk: ", "")
