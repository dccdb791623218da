package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/spf13/cobra"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/screen"
	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

// fenceVariable is the environment variable in which the command finds the lock's fence.
const fenceVariable = "ZKASYNC_FENCE"

// endOfCommand is how much time a command has to end when it is asked to, because its lock is lost. Then it is killed.
const endOfCommand = 5 * time.Second

// commandExit is an exit code other than 0 of the command that was run.
type commandExit struct{ code int }

func (e commandExit) Error() string {
	return fmt.Sprintf("the command ended with exit code %d", e.code)
}

// lockFlags are those of flock that make sense here, and two of our own.
type lockFlags struct {
	nonblock, read, kazoo bool
	wait                  time.Duration
	conflict              int
}

func (a *app) lockCommand() *cobra.Command {
	var f lockFlags
	cmd := &cobra.Command{
		Use:   "lock PATH -- COMMAND [ARGUMENT]...",
		Short: "run a command while holding a lock",
		Long: `Runs a command while holding the lock at a path, as flock does with a file, and
ends with the command's exit code. The lock also excludes programs that use
Curator's or go-zookeeper's locks on the same path, or with --kazoo those of kazoo.

When the lock can no longer be guaranteed, because the connection is lost or
somebody has deleted its znode, the command is asked to end (SIGTERM), and is
killed after ` + endOfCommand.String() + `; the exit code is then 1. In $` + fenceVariable + ` the command finds
a number that grows with every holder, for stores that refuse former holders.`,
		Example: `  zkdemo lock /locks/report -- ./report --daily
  zkdemo lock -n /locks/report -- ./report     # end with 1 if somebody else has it`,
		Args: func(cmd *cobra.Command, args []string) error {
			if cmd.ArgsLenAtDash() != 1 || len(args) < 2 {
				return usagef("lock: want one path, and the command after --; usage: %s", cmd.UseLine())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(args); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c *zkasync.Client) error {
				return a.lock(ctx, c, args[0], args[1:], f)
			})
		},
	}
	cmd.Flags().BoolVarP(&f.nonblock, "nonblock", "n", false, "fail instead of waiting")
	cmd.Flags().DurationVarP(&f.wait, "wait", "w", 0, "fail after waiting for this `long` (0: wait for ever)")
	cmd.Flags().IntVarP(&f.conflict, "conflict-exit-code", "E", exitFailed, "the exit `code` if somebody else has the lock")
	cmd.Flags().BoolVar(&f.read, "read", false, "share the lock with other readers")
	cmd.Flags().BoolVar(&f.kazoo, "kazoo", false, "name the znode as kazoo does")
	return cmd
}

func (f lockFlags) check(args []string) error {
	switch {
	case f.wait < 0:
		return usagef("--wait %v: must not be negative", f.wait)
	case f.nonblock && f.wait > 0:
		return usagef("--nonblock and --wait exclude each other")
	case f.conflict < 0 || f.conflict > 255:
		return usagef("--conflict-exit-code %d: must be from 0 to 255", f.conflict)
	}
	if _, err := exec.LookPath(args[1]); err != nil {
		return usagef("lock: %w", err)
	}
	return checkPath(args[0])
}

// contend asks for the lock.
func (f lockFlags) contend(ctx context.Context, c *zkasync.Client, path string) *future.Future[*recipe.Held] {
	naming := recipe.Curator
	if f.kazoo {
		naming = recipe.Kazoo
	}
	lock := recipe.NewRWMutex(c, path, recipe.WithNaming(naming))
	switch {
	case f.read && f.nonblock:
		return lock.TryRLock(ctx)
	case f.read:
		return lock.RLock(ctx)
	}
	mutex := recipe.NewMutex(c, path, recipe.WithNaming(naming))
	if f.nonblock {
		return mutex.TryLock(ctx)
	}
	return mutex.Lock(ctx)
}

var errLockBusy = errors.New("somebody else has the lock")

func (a *app) lock(ctx context.Context, c *zkasync.Client, path string, command []string, f lockFlags) error {
	waiting, stop := context.WithCancel(ctx)
	if f.wait > 0 {
		waiting, stop = context.WithTimeoutCause(ctx, f.wait, errLockBusy)
	}
	defer stop()
	held, err := f.contend(waiting, c, path).Get(context.WithoutCancel(ctx)) // waiting ends it
	if errors.Is(err, recipe.ErrLocked) || errors.Is(err, errLockBusy) {
		fmt.Fprintf(a.stderr, "zkdemo: lock %s: %v\n", screen.Name(path), errLockBusy)
		return commandExit{f.conflict}
	}
	if err != nil {
		return err
	}
	return a.holding(ctx, held, command)
}

// holding runs the command, and then releases what is held.
func (a *app) holding(ctx context.Context, held *recipe.Held, command []string) error {
	err := a.runHolding(ctx, held, command)
	unlocking, stop := a.patient(context.WithoutCancel(ctx))
	defer stop()
	if _, unlockErr := held.Unlock().Get(unlocking); unlockErr != nil && err == nil {
		err = fmt.Errorf("releasing %s: %w", screen.Name(held.Path()), unlockErr)
	}
	return err
}

// runHolding runs the command, and ends it when held is lost or ctx ends.
func (a *app) runHolding(ctx context.Context, held *recipe.Held, command []string) error {
	both, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(held.Context(), stop)()
	cmd := exec.CommandContext(both, command[0], command[1:]...)
	cmd.Cancel = func() error { return askToEnd(cmd.Process) }
	cmd.WaitDelay = endOfCommand
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.input, a.stdout, a.stderr
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", fenceVariable, held.Fence()))
	err := cmd.Run()
	if cause := context.Cause(held.Context()); cause != nil {
		return fmt.Errorf("no longer held, so the command was ended: %w", cause)
	}
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return commandExit{exitCodeOfProcess(exit)}
	}
	return err
}
