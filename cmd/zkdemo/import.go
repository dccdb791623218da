package main

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/transfer"
	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/znode"
	"github.com/zkasync/zkasync-go/zkasync"
)

// importMemory is the default of --memory, in MiB.
const importMemory = 64

func (a *app) importCommand() *cobra.Command {
	var flags transferFlags
	cmd := &cobra.Command{
		Use:   "import DIR PATH",
		Short: "copy a directory into ZooKeeper",
		Long: `Copies the directory DIR, and all that is in it, to the znode PATH, which is
created if need be. Many requests are in flight at a time; the memory for contents
is bounded by --memory, not by the size of the tree. Beside that it grows with the
names in the directories that are being worked on, and with what is skipped.

Skipped are symbolic links, devices and the like, files that one request cannot
hold (--max-request), and names that ZooKeeper does not allow: control
characters, what is not UTF-8, and characters beyond U+FFFF, such as emoji.

` + mappingHelp,
		Example:           "  zkdemo import ./conf /config\n  zkdemo import ./conf /config --overwrite --json",
		Args:              argCount(2, 2),
		ValidArgsFunction: localArg(0),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, path := args[0], args[1]
			if err := checkPath(path); err != nil {
				return err
			}
			if znode.IsSystem(path) {
				return usagef("import to %s: %s belongs to the server", path, znode.System)
			}
			if err := flags.check(); err != nil {
				return err
			}
			if info, err := os.Stat(dir); err != nil {
				return usagef("import: %w", err)
			} else if !info.IsDir() {
				return usagef("import %s: is not a directory; 'zkdemo create PATH --file %s' stores one file", dir, dir)
			}
			return a.transfer(cmd.Context(), flags, "imported", func(ctx context.Context, c *zkasync.Client, o transfer.Options) (transfer.Report, error) {
				return transfer.Import(ctx, c, dir, path, o)
			})
		},
	}
	flags.register(cmd.Flags(), importMemory)
	return cmd
}
