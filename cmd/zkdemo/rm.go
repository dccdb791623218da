package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-zookeeper/zk"
	"github.com/spf13/cobra"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/screen"
	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/znode"
	"github.com/zkasync/zkasync-go/zkasync"
)

func (a *app) rmCommand() *cobra.Command {
	var recursive bool
	var version int32
	cmd := &cobra.Command{
		Use:   "rm PATH",
		Short: "delete a znode, and with -r everything below it",
		Long: `Deletes a znode. With -r everything below it is deleted first, from the bottom up.
If that is interrupted, a smaller tree is left, and the same command deletes the
rest. The root and the server's own /zookeeper are refused.`,
		Example: "  zkdemo rm /config/limit\n  zkdemo rm -r /config",
		Args:    argCount(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			path := args[0]
			if err := checkPath(path); err != nil {
				return err
			}
			if path == znode.Root || znode.IsSystem(path) {
				return usagef("rm %s: the root and %s belong to the server and cannot be deleted", path, znode.System)
			}
			if recursive && version != zkasync.AnyVersion {
				return usagef("-r and --version %d exclude each other: a version belongs to one znode", version)
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c *zkasync.Client) error {
				return a.rm(ctx, c, path, recursive, version)
			})
		},
	}
	cmd.Flags().BoolVarP(&recursive, "recursive", "r", false, "delete everything below it too")
	cmd.Flags().Int32Var(&version, "version", zkasync.AnyVersion, "delete only if the data have this `version` (-1: any)")
	return cmd
}

func (a *app) rm(ctx context.Context, c *zkasync.Client, path string, recursive bool, version int32) error {
	deleted := 1
	var err error
	if recursive {
		deleted, err = a.deleteAll(ctx, c, path)
		if err == nil && deleted == 0 { // DeleteAll accepts a missing path; here it may be a mistyped one
			err = fmt.Errorf("delete %s: %w", path, zk.ErrNoNode)
		}
	} else {
		waiting, stop := a.patient(ctx)
		defer stop()
		_, err = c.Delete(ctx, path, version).Get(waiting)
	}
	if errors.Is(err, zk.ErrNotEmpty) {
		return fmt.Errorf("%w (-r deletes its children too)", err)
	}
	if err != nil {
		return a.withVersion(ctx, c, path, version, err)
	}
	if a.flags.json {
		return printJSON(a.out, struct {
			Path    string `json:"path"`
			Deleted int    `json:"deleted"`
		}{path, deleted})
	}
	_, err = fmt.Fprintf(a.out, "deleted %s\n", screen.Plural(int64(deleted), "znode", "znodes"))
	return err
}

// lastDeletes is how long an interrupted delete waits for the answers to the requests that it has sent.
const lastDeletes = 2 * time.Second

// deleteAll deletes a tree, however long that takes. If it is interrupted, it reports how far it has got.
func (a *app) deleteAll(ctx context.Context, c *zkasync.Client, path string) (int, error) {
	all := c.DeleteAll(ctx, path)
	deleted, err := all.Get(ctx)
	if ctx.Err() == nil {
		return deleted, err
	}
	grace, stop := context.WithTimeout(context.WithoutCancel(ctx), lastDeletes)
	defer stop()
	if deleted, err = all.Get(grace); err != nil {
		fmt.Fprintln(a.stderr, ownPrefixes.Replace(err.Error()))
	}
	return deleted, err
}
