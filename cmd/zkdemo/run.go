package main

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/screen"
)

// app is one run of the program.
type app struct {
	stdin  io.Reader
	stdout io.Writer // the output as it was given, to ask whether it is a terminal
	stderr io.Writer
	out    *output
	flags  globalFlags
}

// run is the program: it does what args say and returns the exit code. It leaves nothing behind, no goroutine and no
// server, also when ctx ends.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	running, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, out: &output{w: stdout, stop: stop}}
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(a.out)
	root.SetErr(stderr)
	err := root.ExecuteContext(running)
	if a.out.err != nil {
		err = a.out.err
	}
	code := exitCode(ctx, err)
	a.explain(code, err)
	return code
}

// ownPrefixes takes out the names of the packages that an error passed through: the reader asked zkdemo.
var ownPrefixes = strings.NewReplacer("zkasync: ", "", "zk: ", "")

// explain writes what went wrong.
func (a *app) explain(code int, err error) {
	style := screen.StyleFor(a.stderr)
	message := ""
	if err != nil {
		message = ownPrefixes.Replace(err.Error())
	}
	switch {
	case code == exitOK || a.out.closedByReader():
	case code == exitInterrupted:
		fmt.Fprintln(a.stderr, style.Notice("zkdemo: interrupted"))
	case code == exitUsage:
		fmt.Fprintf(a.stderr, "%s %s\n'zkdemo help' lists the commands and their flags.\n", style.Bad("zkdemo:"), message)
	default:
		fmt.Fprintf(a.stderr, "%s %s\n", style.Bad("zkdemo:"), message)
	}
}

const rootHelp = `zkdemo shows what zkasync does, and is a small ZooKeeper client of its own.

Without a command it takes you on a tour: connecting, callbacks, reading and
writing, waiting for several things at once, failures, shutting down, each on a
live server, with the Go call and what came back.`

const rootExamples = `  zkdemo --local                          the tour, on a server of its own
  zkdemo --server zk1:2181,zk2:2181 tree /config
  zkdemo create /config/limit 100 --parents
  zkdemo import ./conf /config            a directory into ZooKeeper
  zkdemo export /config ./backup          and back
  zkdemo --local=zookeeper bench --compare   zkasync beside go-zookeeper
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
		RunE:          tour.RunE,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		return a.flags.check(cmd.Flags().Changed("server"))
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.SetHelpCommand(helpCommand(root))
	a.flags.register(root.PersistentFlags())
	root.AddCommand(tour,
		a.lsCommand(), a.treeCommand(), a.statCommand(), a.getCommand(), a.setCommand(), a.createCommand(), a.rmCommand(),
		a.watchCommand(), a.importCommand(), a.exportCommand(), a.benchCommand(), a.serverCommand())
	return root
}

// helpCommand is cobra's, and refuses what is no command.
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

// version gives the version of the module that the program was built from.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(unknown version)"
}

// noArgs is cobra.NoArgs with an error that says what there is instead.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.HasSubCommands() {
		return usagef("there is no command %q", args[0])
	}
	return usagef("%s takes no argument, got %q", cmd.Name(), args[0])
}

// argCount refuses any other number of arguments than from least to most, naming usage.
func argCount(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return usagef("%s: an argument is missing; usage: %s", cmd.Name(), cmd.UseLine())
		case len(args) > most:
			return usagef("%s: one argument too many, %q; usage: %s", cmd.Name(), args[most], cmd.UseLine())
		}
		return nil
	}
}
