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
		Long: `Copies the directory DIR, and everything in it, to the znode PATH, which is created
if necessary. Many requests are in flight at a time. The memory for contents is
bounded by --memory, not by the size of the tree; further memory is needed for the
names in the directories that are being read, and for the list of skipped items.

Skipped are symbolic links, devices and the like, files that do not fit into one
request (--max-request), and names that ZooKeeper does not allow: with control
characters, with characters beyond U+FFFF, such as emoji, or not in UTF-8.

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
				return usagef("import %s: it is not a directory; 'zkdemo create PATH --file %s' stores one file", dir, dir)
			}
			return a.transfer(cmd.Context(), flags, "imported", func(ctx context.Context, c *zkasync.Client, o transfer.Options) (transfer.Report, error) {
				return transfer.Import(ctx, c, dir, path, o)
			})
		},
	}
	flags.register(cmd.Flags(), importMemory)
	return cmd
}
