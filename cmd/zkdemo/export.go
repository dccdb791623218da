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

// exportMemory is the default of --memory, in MiB. It is larger than for imports, since each request counts as much as the
// largest possible znode, although most znodes are much smaller.
const exportMemory = 256

func (a *app) exportCommand() *cobra.Command {
	var flags transferFlags
	var tar bool
	cmd := &cobra.Command{
		Use:   "export PATH DIR",
		Short: "copy a znode and everything below it into a directory",
		Long: `Copies the znode PATH, and everything below it, into the directory DIR, which is
created if necessary. Each file is written under a temporary name and then
renamed, so that nobody sees a half-written file. If a run is killed, the next one
removes the temporary files (.zkdemo.partial-…) that it left behind. Nothing
outside DIR is written, and no symbolic link in it is followed. /zookeeper belongs
to the server and is not part of an export of /.

How large an answer is cannot be known before it comes. So each request counts
against --memory with the largest size that a znode can have (--max-request) until
it is answered: by default, at most 256 znodes are read at a time.

With --tar, DIR is the name of one file, a tar archive of the same files, or - for
the standard output. This takes far less time. The archive gets its name when it
is complete; a killed run leaves a file DIR.partial-…. The archive may contain
names that a system does not allow when it is unpacked.

New files get the mode that the umask allows; a file that is replaced keeps its
mode.

Skipped are names that this system does not allow for files, or cannot tell apart
(for example by case), and znodes that are deleted meanwhile.

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
					return usagef("export to -: the standard output is a terminal, which cannot take an archive")
				}
				archive := a.out
				a.out = &output{w: a.stderr, stop: archive.stop} // keep the report out of the archive
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

// standardOutput is the argument that means the standard output.
const standardOutput = "-"

// archiveInto is like archiveTo, but writes to w.
func archiveInto(path string, w io.Writer) transferFunc {
	return func(ctx context.Context, c *zkasync.Client, o transfer.Options) (transfer.Report, error) {
		b := bufio.NewWriterSize(w, fileBuffer)
		report, err := transfer.Archive(ctx, c, path, b, o)
		return report, errors.Join(err, b.Flush())
	}
}

func exportTo(path, dir string, _ bool) (transferFunc, error) {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return nil, usagef("export to %s: it exists and is not a directory", dir)
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
		return nil, usagef("export to %s: it is a directory", file)
	case err == nil && notReplaceable(file, info) != nil:
		return nil, usagef("export to %w (- writes to the standard output)", notReplaceable(file, info))
	case err == nil && !overwrite:
		return nil, usagef("export to %s: it exists already (--overwrite replaces it)", file)
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
