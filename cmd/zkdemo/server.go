package main

import (
	"context"
	"fmt"
	"net"
	"os"

	"github.com/spf13/cobra"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/transfer"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// serverFlags are the flags of the server command.
type serverFlags struct{ listen, load, save string }

func (a *app) serverCommand() *cobra.Command {
	var flags serverFlags
	cmd := &cobra.Command{
		Use:   "server",
		Short: "run a ZooKeeper server for development, in memory",
		Long: `Runs a server that speaks ZooKeeper's protocol until it is interrupted, and
prints its address. It is for tests, demos and development: its data are kept in
memory only, and are lost when it ends unless --save writes them to a directory.
In production, use an ensemble of Apache ZooKeeper.

The directory given to --load becomes the tree below /: a file becomes a znode
with the same bytes as data. The directory given to --save is written at the end,
as by 'zkdemo export', and can be read by --load or 'zkdemo import'.`,
		Example: "  zkdemo server\n  zkdemo server --listen 127.0.0.1:0 --load ./conf --save ./after",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.serve(cmd.Context(), flags) },
	}
	cmd.Flags().StringVar(&flags.listen, "listen", defaultServers, "the `address` to listen on; port 0 means any free port")
	cmd.Flags().StringVar(&flags.load, "load", "", "begin with the files of a `directory`")
	cmd.Flags().StringVar(&flags.save, "save", "", "write the data to a `directory` at the end")
	return cmd
}

func (f serverFlags) check(g globalFlags) error {
	if g.local != "" || g.server != "" {
		return usagef("--local and --server are for commands that connect; this one is the server")
	}
	if _, _, err := net.SplitHostPort(f.listen); err != nil {
		return usagef("--listen %q: must be host:port, such as %s", f.listen, defaultServers)
	}
	if f.load == "" {
		return nil
	}
	if info, err := os.Stat(f.load); err != nil || !info.IsDir() {
		return usagef("--load %s: is not a directory", f.load)
	}
	return nil
}

func (a *app) serve(ctx context.Context, flags serverFlags) error {
	if err := flags.check(a.flags); err != nil {
		return err
	}
	srv, err := zktest.New()
	if err != nil {
		return err
	}
	defer srv.Close()
	if flags.load != "" {
		load := func(ctx context.Context, c *zkasync.Client, o transfer.Options) (transfer.Report, error) {
			return transfer.Import(ctx, c, flags.load, "/", o)
		}
		if err := a.copyBetween(ctx, srv, "loaded", load); err != nil {
			return fmt.Errorf("--load: %w", err)
		}
	}
	addr, err := srv.Listen(flags.listen)
	if err != nil {
		return err
	}
	fmt.Fprintln(a.out, addr)
	fmt.Fprintln(a.stderr, "zkdemo: this server is for development: it keeps its data in memory only; interrupt it to stop")
	<-ctx.Done()
	if a.out.err != nil || flags.save == "" {
		return a.out.err
	}
	save, err := exportTo("/", flags.save, true)
	if err != nil {
		return err
	}
	if err := a.copyBetween(context.WithoutCancel(ctx), srv, "saved", save); err != nil {
		return fmt.Errorf("--save: %w", err)
	}
	return nil
}

// copyBetween runs copyTree, an import or an export, with the server.
func (a *app) copyBetween(ctx context.Context, srv *zktest.Server, verb string, copyTree transferFunc) error {
	flags := transferFlags{overwrite: true, quiet: true, depth: defaultDepth, memory: exportMemory, maxRequest: defaultMaxRequest}
	report, err := a.transferAt(ctx, srv.Addr(), flags, verb, copyTree, srv.Options()...)
	return ended(report, err)
}
