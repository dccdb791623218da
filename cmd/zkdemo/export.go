package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/screen"
	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/transfer"
	"github.com/zkasync/zkasync-go/zkasync"
)

// exportMemory is the default of --memory, in MiB: a request counts with the largest znode there may be, few of which are.
const exportMemory = 256

func (a *app) exportCommand() *cobra.Command {
	var flags transferFlags
	var tar bool
	cmd := &cobra.Command{
		Use:   "export PATH DIR",
		Short: "copy a znode and all that is below it into a directory",
		Long: `Copies the znode PATH, and all that is below it, into the directory DIR, which
is created if need be. Each file is written under a temporary name and renamed,
so that none is ever seen half-written; what a killed run left behind under such
a name (.zkdemo.partial-) is removed by the next one. Nothing outside DIR is
written, and no symbolic link in it is followed. /zookeeper, which is the
server's own, is not part of an export of /.

What a request brings is not known before. Until it has been answered, it counts
against --memory with the largest znode that the server can hold (--max-request):
by default no more than 256 znodes are asked for at a time.

With --tar, DIR is the name of one file, a tar archive of the same files, which
takes far less time, or - for the standard output. It is there when it is complete;
a killed run leaves DIR.partial- and numbers. Whether a system allows the names is
for whoever unpacks it. Files get the mode that the umask leaves; one that is
replaced keeps its own.

Skipped are names that this system does not allow for files, or takes for the
same file (by case, for instance), and what was deleted meanwhile.

` + mappingHelp,
		Example:           "  zkdemo export /config ./backup\n  zkdemo export / everything.tar --tar --quiet",
		Args:              argCount(2, 2),
		ValidArgsFunction: localArg(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			path, dir := args[0], args[1]
			if err := checkPath(path); err != nil {
				return err
			}
			if err := flags.check(); err != nil {
				return err
			}
			choose := exportTo
			if tar {
				choose = archiveTo
			}
			if tar && dir == standardOutput {
				if screen.IsTerminal(a.stdout) {
					return usagef("export to -: the standard output is a terminal")
				}
				archive := a.out
				a.out = &output{w: a.stderr, stop: archive.stop} // the report does not belong into the archive
				return a.transfer(cmd.Context(), flags, "exported", archiveInto(path, archive))
			}
			copyTree, err := choose(path, dir, flags.overwrite)
			if err != nil {
				return err
			}
			return a.transfer(cmd.Context(), flags, "exported", copyTree)
		},
	}
	cmd.Flags().BoolVar(&tar, "tar", false, "write one tar archive")
	flags.register(cmd.Flags(), exportMemory)
	return cmd
}

// standardOutput is its name as an argument.
const standardOutput = "-"

// archiveInto is archiveTo for what is there already.
func archiveInto(path string, w io.Writer) transferFunc {
	return func(ctx context.Context, c *zkasync.Client, o transfer.Options) (transfer.Report, error) {
		b := bufio.NewWriterSize(w, fileBuffer)
		report, err := transfer.Archive(ctx, c, path, b, o)
		return report, errors.Join(err, b.Flush())
	}
}

func exportTo(path, dir string, _ bool) (transferFunc, error) {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return nil, usagef("export to %s: is there, and is not a directory", dir)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("export: %w", err)
	}
	return func(ctx context.Context, c *zkasync.Client, o transfer.Options) (transfer.Report, error) {
		return transfer.Export(ctx, c, path, dir, o)
	}, nil
}

func archiveTo(path, file string, overwrite bool) (transferFunc, error) {
	switch info, err := os.Lstat(file); {
	case err == nil && info.IsDir():
		return nil, usagef("export to %s: is a directory", file)
	case err == nil && notReplaceable(file, info) != nil:
		return nil, usagef("export to %w (- writes to the standard output)", notReplaceable(file, info))
	case err == nil && !overwrite:
		return nil, usagef("export to %s: is there (--overwrite replaces it)", file)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, usagef("export: %w", err)
	}
	return func(ctx context.Context, c *zkasync.Client, o transfer.Options) (report transfer.Report, err error) {
		err = replaceFile(file, func(w io.Writer) error {
			report, err = transfer.Archive(ctx, c, path, w, o)
			return err
		})
		return report, err
	}, nil
}
