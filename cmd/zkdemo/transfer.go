package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/screen"
	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/transfer"
	"github.com/zkasync/zkasync-go/zkasync"
)

// transferFlags are what import and export have in common.
type transferFlags struct {
	overwrite  bool
	quiet      bool
	depth      int
	memory     int
	maxRequest int
}

const (
	defaultDepth    = 1000
	maxDepth        = 1_000_000
	bytesPerMiB     = 1 << 20
	minRequestLimit = 1024
)

// register declares the flags; memory is the default of --memory.
func (t *transferFlags) register(f *pflag.FlagSet, memory int) {
	f.BoolVar(&t.overwrite, "overwrite", false, "replace existing data that differ")
	f.BoolVarP(&t.quiet, "quiet", "q", false, "show no progress")
	f.IntVar(&t.depth, "depth", defaultDepth, "keep up to `n` requests in flight")
	f.IntVar(&t.memory, "memory", memory, "hold up to `n` MiB of contents at a time; the process takes about four times that")
	f.IntVar(&t.maxRequest, "max-request", defaultMaxRequest, "the server's limit for one request in `bytes`, its jute.maxbuffer")
}

func (t *transferFlags) check() error {
	switch {
	case t.depth < 1 || t.depth > maxDepth:
		return usagef("--depth %d: must be from 1 to %d", t.depth, maxDepth)
	case t.memory < 1:
		return usagef("--memory %d: must be 1 or more MiB", t.memory)
	case t.maxRequest < minRequestLimit:
		return usagef("--max-request %d: must be %d or more bytes", t.maxRequest, minRequestLimit)
	}
	return nil
}

// mappingHelp explains to users of both commands how files and znodes correspond.
const mappingHelp = `Files and znodes:
  A file corresponds to a znode without children; its bytes are exactly the
  znode's data. A directory corresponds to a znode with children. The znode of an
  empty directory has one child, .zkdemo.dir, which tells it from an empty file.
  The data of a znode that also has children are the file .zkdemo.data in its
  directory, both ways. PATH itself is always a directory. Other names that begin
  with .zkdemo. are refused. Permissions, times and ACLs are not copied.

What exists already with the same contents is left alone, so the same command
finishes a run that was interrupted. What exists with other contents is skipped,
or replaced with --overwrite; nothing is ever deleted. Each skipped item is named
on the standard error with the reason, and the exit code is then 4. A run that is
interrupted names the items it was working on.`

// transferFunc is transfer.Import or transfer.Export with all arguments but these filled in.
type transferFunc func(ctx context.Context, c *zkasync.Client, o transfer.Options) (transfer.Report, error)

// transfer runs copyTree and reports on it.
func (a *app) transfer(ctx context.Context, t transferFlags, verb string, copyTree transferFunc) error {
	return a.withServers(ctx, func(ctx context.Context, servers string) error {
		started := time.Now()
		report, err := a.transferAt(ctx, servers, t, verb, copyTree)
		var connect connectError
		if errors.As(err, &connect) {
			return err
		}
		return errors.Join(a.report(report, verb, time.Since(started)), ended(report, err))
	})
}

// transferAt runs copyTree with a client of its own.
func (a *app) transferAt(ctx context.Context, servers string, t transferFlags, verb string, copyTree transferFunc, opts ...zkasync.Option) (report transfer.Report, err error) {
	err = a.withClientOf(ctx, servers, func(c *zkasync.Client) error {
		progress, finish := newProgress(a.stderr, verb, t.quiet)
		defer finish()
		report, err = copyTree(ctx, c, transfer.Options{
			Depth:      t.depth,
			Bytes:      int64(t.memory) * bytesPerMiB,
			MaxRequest: t.maxRequest,
			Overwrite:  t.overwrite,
			Patience:   a.flags.timeout,
			Progress:   progress,
		})
		return err
	}, append(opts, zkasync.WithMaxRequestSize(t.maxRequest))...)
	return report, err
}

// ended returns err or, if there is none and items were skipped, a skippedError.
func ended(report transfer.Report, err error) error {
	if err == nil && len(report.Skipped) > 0 {
		return skippedError{len(report.Skipped)}
	}
	return err
}

// report writes what a transfer has done and, if it was interrupted, which items it was working on.
func (a *app) report(r transfer.Report, verb string, took time.Duration) error {
	for _, item := range r.Unfinished {
		fmt.Fprintf(a.stderr, "%s %s: %s\n", screen.StyleFor(a.stderr).Notice("unfinished"), screen.Name(item.Name), item.Reason)
	}
	if a.flags.json {
		return printJSON(a.out, struct {
			transfer.Report
			Seconds float64 `json:"seconds"`
		}{r, took.Seconds()})
	}
	return writeSummary(a.out, r, verb, took)
}

func writeSummary(w io.Writer, r transfer.Report, verb string, took time.Duration) error {
	parts := []string{
		screen.Plural(r.Files, "file", "files") + " (" + screen.Bytes(r.Bytes) + ")",
		screen.Plural(r.Directories, "directory", "directories"),
	}
	for _, part := range []struct {
		n    int64
		text string
	}{
		{r.Unchanged, "there already"},
		{int64(len(r.Skipped)), "skipped"},
		{int64(len(r.Unfinished)), "unfinished"},
		{r.NotBegun, "not begun"},
	} {
		if part.n > 0 {
			parts = append(parts, screen.Count(part.n)+" "+part.text)
		}
	}
	_, err := fmt.Fprintf(w, "%s %s in %s\n", verb, strings.Join(parts, ", "), screen.Duration(took))
	return err
}
