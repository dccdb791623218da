package main

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/transfer"
	"github.com/zkasync/zkasync-go/zkasync"
)

func (a *app) exportCommand() *cobra.Command {
	var flags transferFlags
	cmd := &cobra.Command{
		Use:   "export PATH DIR",
		Short: "copy a znode and all that is below it into a directory",
		Long: `Copies the znode PATH, and all that is below it, into the directory DIR, which
is created if need be. Each file is written under a temporary name and renamed,
so that none is ever seen half-written; what a killed run left behind under such
a name (.zkdemo.partial-) is removed by the next one. Nothing outside DIR is
written, and no symbolic link in it is followed. /zookeeper, which is the
server's own, is not part of an export of /.

Skipped are names that this system does not allow for files, or takes for the
same file (by case, for instance), and what was deleted meanwhile.

` + mappingHelp,
		Example: "  zkdemo export /config ./backup\n  zkdemo export / ./everything --quiet",
		Args:    argCount(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			path, dir := args[0], args[1]
			if err := checkPath(path); err != nil {
				return err
			}
			if err := flags.check(); err != nil {
				return err
			}
			if info, err := os.Stat(dir); err == nil && !info.IsDir() {
				return usagef("export to %s: is there, and is not a directory", dir)
			} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return usagef("export: %w", err)
			}
			return a.transfer(cmd.Context(), flags, "exported", func(ctx context.Context, c *zkasync.Client, o transfer.Options) (transfer.Report, error) {
				return transfer.Export(ctx, c, path, dir, o)
			})
		},
	}
	flags.register(cmd.Flags())
	return cmd
}
