package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/screen"
	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/transfer"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// serverFlags are the flags of the server command.
type serverFlags struct {
	listen, load, save string
	tls                string // the directory of the certificates; "": no TLS
	requireCert        bool
}

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
as by 'zkdemo export', and can be read by --load or 'zkdemo import'.

With --tls, clients must use TLS. The server makes new certificates at each start
and writes them to a directory: ` + caFile + ` is for --ca, ` + clientFile + ` for --cert.

Commands on the standard input, typed or piped, break what a service must bear:
they expire sessions, close connections and lose answers. 'help' lists them. The
server goes on when the input ends.`,
		Example: `  zkdemo server
  zkdemo server --listen 127.0.0.1:0 --load ./conf --save ./after
  zkdemo server --tls ./tls       # and then: zkdemo --ca ./tls/` + caFile + ` ls
  echo 'slow 100ms' | zkdemo server`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.serve(cmd.Context(), flags) },
	}
	cmd.Flags().StringVar(&flags.listen, "listen", defaultServers, "the `address` to listen on; port 0 means any free port")
	cmd.Flags().StringVar(&flags.load, "load", "", "begin with the files of a `directory`")
	cmd.Flags().StringVar(&flags.save, "save", "", "write the data to a `directory` at the end")
	cmd.Flags().StringVar(&flags.tls, "tls", "", "use TLS, and write what clients need for it to a `directory`")
	cmd.Flags().BoolVar(&flags.requireCert, "require-cert", false, "with --tls: refuse clients without a certificate of the same authority")
	return cmd
}

func (f serverFlags) check(g globalFlags) error {
	if g.local != "" || g.server != "" {
		return usagef("--local and --server are for commands that connect; this one is the server")
	}
	if g.tls != nil {
		return usagef("--ca and --cert are for commands that connect; the server has --tls")
	}
	if _, _, err := net.SplitHostPort(f.listen); err != nil {
		return usagef("--listen %q: must be host:port, such as %s", f.listen, defaultServers)
	}
	if f.requireCert && f.tls == "" {
		return usagef("--require-cert: it needs --tls")
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
	srv, err := zktest.New(flags.options()...)
	if err != nil {
		return err
	}
	defer srv.Close()
	if flags.tls != "" {
		if err := writeTLS(flags.tls, srv.TLSFiles()); err != nil {
			return fmt.Errorf("--tls: %w", err)
		}
	}
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
	fmt.Fprintln(a.stderr, "zkdemo: this server is for development: it keeps its data in memory only; interrupt it to stop, type help for more")
	if flags.tls != "" {
		fmt.Fprintf(a.stderr, "zkdemo: clients need --ca %s\n", screen.Name(filepath.Join(flags.tls, caFile)))
	}
	stayOutOfTerminal()
	c := &console{srv: srv, out: a.out, warn: a.stderr}
	go c.run(a.input)
	<-ctx.Done()
	c.end()
	if err := a.out.failure(); err != nil || flags.save == "" {
		return err
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

func (f serverFlags) options() []zktest.Option {
	if f.tls == "" {
		return nil
	}
	var hosts []string
	if host, _, _ := net.SplitHostPort(f.listen); host != "" {
		hosts = append(hosts, host)
	}
	if own, err := os.Hostname(); err == nil && own != "" {
		hosts = append(hosts, own)
	}
	return []zktest.Option{zktest.WithTLS(f.requireCert, hosts...)}
}

// The files that --tls writes.
const (
	caFile     = "ca.pem"
	clientFile = "client.pem"
)

// writeTLS writes what clients need to a directory. The key in it is for its owner alone.
func writeTLS(dir string, files zktest.TLSFiles) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	if err := writeFile(filepath.Join(dir, caFile), files.CA, newFileMode); err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, clientFile), files.Client, 0o600)
}

// writeFile replaces a file, so that the mode is that of the new one.
func writeFile(name string, data []byte, mode fs.FileMode) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.WriteFile(name, data, mode)
}

// copyBetween runs copyTree, an import or an export, with the server.
func (a *app) copyBetween(ctx context.Context, srv *zktest.Server, verb string, copyTree transferFunc) error {
	flags := transferFlags{overwrite: true, quiet: true, depth: defaultDepth, memory: exportMemory, maxRequest: defaultMaxRequest}
	report, err := a.transferAt(ctx, srv.Addr(), flags, verb, copyTree, srv.Options()...)
	return ended(report, err)
}
