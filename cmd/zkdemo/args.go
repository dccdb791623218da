package main

import (
	"github.com/spf13/cobra"
)

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

// localArg completes the argument with that number as the name of a file, and the others not at all.
func localArg(n int) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) == n {
			return nil, cobra.ShellCompDirectiveDefault
		}
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
}
