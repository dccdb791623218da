package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/screen"
	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/tour"
	"github.com/zkasync/zkasync-go/zkasync"
)

func (a *app) tourCommand() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "tour",
		Short: "walk through asynchronous ZooKeeper on a live server",
		Long: `Shows what an asynchronous client can do, section by section, on a live server:
connecting with a limit, callbacks, reading and writing, many requests at once,
select, failures, shutting down. Each step shows the Go call, its result, and how
long it took.

The tour works below one znode with a random name, /zkdemo-tour-…, and deletes
it at the end. It writes more than a thousand znodes, so it must be allowed to
(--yes) on a server other than its own (--local).`,
		Example: "  zkdemo tour --local\n  zkdemo tour --server zk1:2181 --yes",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if servers, source := a.flags.servers(); a.flags.local == "" && !yes {
				return usagef("the tour would write more than a thousand znodes to %s (%s): --yes allows that, --local starts a server for it", servers, source)
			}
			return a.tour(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "write to the servers that --server or $"+serversVariable+" names")
	return cmd
}

func (a *app) tour(ctx context.Context) error {
	if a.flags.json {
		return usagef("--json: the tour prints text only")
	}
	return a.withServers(ctx, func(ctx context.Context, servers string) error {
		// Connect once before the tour, so that a missing server gives an error and an exit code of its own.
		if err := a.withClientOf(ctx, servers, func(*zkasync.Client) error { return nil }); err != nil {
			return err
		}
		return tour.Run(ctx, tour.Options{
			Servers: servers,
			Client:  a.flags.clientOptions(),
			Timeout: a.flags.timeout,
			Out:     a.out,
			Style:   screen.StyleFor(a.stdout),
			Width:   screen.Width(a.stdout),
		})
	})
}
