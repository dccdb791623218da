package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/screen"
)

// run is the program: it runs the command in args and returns the exit code. It leaves no server and no goroutine behind,
// even if ctx ends early; only a command that is stuck in a read or a write stays, see execute.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	running, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	a := &app{input: stdin, stdout: stdout, stderr: stderr}
	a.stdin = watchedReader{stdin, &a.stream}
	a.out = &output{w: watchedWriter{stdout, &a.stream}, stop: stop}
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(a.out)
	root.SetErr(stderr)
	err := a.execute(running, root)
	if failed := a.out.failure(); failed != nil {
		err = failed
	}
	code := exitCode(ctx, err)
	a.explain(code, err)
	return code
}

// stuckAfter is how long a read or a write that nobody answers may hold up an interrupted command.
const stuckAfter = time.Second

// execute runs the command. After an interrupt, waits for ZooKeeper end because their context has ended. But a read from a
// pipe that nobody writes to, or a write that nobody reads, cannot be ended: execute leaves such a command to the end of the
// process.
func (a *app) execute(ctx context.Context, root *cobra.Command) error {
	done := make(chan error, 1)
	go a.command(ctx, root, done)
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	tick := time.NewTicker(stuckAfter)
	defer tick.Stop()
	for before := int64(-1); ; {
		select {
		case err := <-done:
			return err
		case <-tick.C:
		}
		now := a.streams.Load()
		if now == before && a.blocked.Load() > 0 {
			return context.Cause(ctx)
		}
		before = now
	}
}

// command runs on the goroutine that execute starts.
func (a *app) command(ctx context.Context, root *cobra.Command, done chan<- error) {
	done <- root.ExecuteContext(ctx)
}

// waitEnded is how the library reports that a wait has timed out. explain replaces it with what was waited for.
const waitEnded = "future: wait ended: context deadline exceeded: "

// explain tells the user what went wrong.
func (a *app) explain(code int, err error) {
	style := screen.StyleFor(a.stderr)
	message := ""
	if err != nil {
		message = strings.Replace(ownPrefixes.Replace(err.Error()), waitEnded, a.doing+": ", 1)
	}
	switch {
	case code == exitOK || a.out.closedByReader() || errors.As(err, new(commandExit)):
	case code == exitInterrupted:
		fmt.Fprintln(a.stderr, style.Notice("zkdemo: interrupted"))
	case code == exitUsage:
		fmt.Fprintf(a.stderr, "%s %s\n'zkdemo help' lists the commands and their flags.\n", style.Bad("zkdemo:"), message)
	default:
		fmt.Fprintf(a.stderr, "%s %s\n", style.Bad("zkdemo:"), message)
	}
}

const rootHelp = `zkdemo shows what zkasync does, and is a small ZooKeeper client of its own.

"zkdemo tour --local" takes you on a tour: connecting, callbacks, reading and
writing, waiting for several things at once, failures, shutting down. Each step
runs on a live server, and shows the Go call and its result.`

const rootExamples = `  zkdemo tour --local                     the tour, on a server of its own
  zkdemo --server zk1:2181,zk2:2181 tree /config
  zkdemo create /config/limit 100 --parents
  zkdemo import ./conf /config            copy a directory into ZooKeeper
  zkdemo export /config ./backup          and back
  zkdemo lock /locks/report -- ./report   run a command while holding a lock
  zkdemo --local=zookeeper bench --compare   compare zkasync with go-zookeeper
  zkdemo server --load ./conf             a server for development, in memory`

func (a *app) rootCommand() *cobra.Command {
	tour := a.tourCommand()
	root := &cobra.Command{
		Use:           "zkdemo",
		Short:         "a tour of zkasync, and a small ZooKeeper client",
		Long:          rootHelp + "\n\n" + exitCodesHelp,
		Example:       rootExamples,
		Version:       version(),
		Args:          noArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.PersistentPreRunE = func(cmd *cobra.Command, args []string) error {
		a.doing = strings.TrimSpace(cmd.Name() + " " + screen.Name(strings.Join(args[:min(len(args), 1)], " ")))
		return a.flags.check(cmd.Flags().Changed("server"))
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.SetHelpCommand(helpCommand(root))
	a.flags.register(root.PersistentFlags())
	root.AddCommand(tour,
		a.lsCommand(), a.treeCommand(), a.statCommand(), a.getCommand(), a.setCommand(), a.createCommand(), a.rmCommand(),
		a.watchCommand(), a.importCommand(), a.exportCommand(), a.lockCommand(), a.electCommand(), a.membersCommand(), a.discoveryCommand(), a.configCommand(), a.benchCommand(), a.serverCommand())
	for _, cmd := range root.Commands() {
		if cmd.ValidArgsFunction == nil {
			cmd.ValidArgsFunction = cobra.NoFileCompletions // arguments are znode paths, not files
		}
	}
	return root
}

// helpCommand is like cobra's, but refuses unknown commands.
func helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "explain a command",
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return usagef("there is no command %q", strings.Join(args, " "))
			}
			cmd.InitDefaultHelpFlag()
			return cmd.Help()
		},
	}
}

// version returns the version of the module that the program was built from.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(unknown version)"
}
