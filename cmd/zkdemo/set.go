package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-zookeeper/zk"
	"github.com/spf13/cobra"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/screen"
	"github.com/zkasync/zkasync-go/zkasync"
)

func (a *app) setCommand() *cobra.Command {
	var from payload
	var version int32
	cmd := &cobra.Command{
		Use:   "set PATH [DATA]",
		Short: "replace the data of a znode",
		Long:  "Replaces the data of a znode.\n\n" + payloadHelp,
		Example: `  zkdemo set /config/limit 200
  zkdemo set /config/limit 200 --version 4    # only if nobody changed it since
  zkdemo set /config/logo --file logo.png`,
		Args: argCount(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			path := args[0]
			if err := checkPath(path); err != nil {
				return err
			}
			if len(args) == 1 && from.file == "" {
				return usagef("set %s: DATA or --file is missing ('' as DATA empties the znode)", path)
			}
			data, err := from.read(&a.stream, a.stdin, args[1:])
			if err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c *zkasync.Client) error { return a.set(ctx, c, path, data, version) })
		},
	}
	from.register(cmd.Flags())
	cmd.Flags().Int32Var(&version, "version", zkasync.AnyVersion, "set only if the data have this `version` (-1: any)")
	return cmd
}

func (a *app) set(ctx context.Context, c *zkasync.Client, path string, data []byte, version int32) error {
	waiting, stop := a.patient(ctx)
	defer stop()
	stat, err := c.Set(ctx, path, data, version).Get(waiting)
	if err != nil {
		return a.withVersion(ctx, c, path, version, err)
	}
	if a.flags.json {
		return printJSON(a.out, struct {
			Path string    `json:"path"`
			Stat *statJSON `json:"stat"`
		}{path, newStatJSON(stat)})
	}
	_, err = fmt.Fprintf(a.out, "%s has %s, version %d\n", screen.Name(path), screen.Plural(int64(stat.DataLength), "byte", "bytes"), stat.Version)
	return err
}

// withVersion adds the znode's present version to an error about a version conflict, if the server can be asked for it.
func (a *app) withVersion(ctx context.Context, c *zkasync.Client, path string, version int32, err error) error {
	if !errors.Is(err, zk.ErrBadVersion) {
		return err
	}
	waiting, stop := a.patient(ctx)
	defer stop()
	stat, lookErr := c.Exists(ctx, path).Get(waiting)
	if lookErr != nil || stat == nil {
		return err
	}
	return fmt.Errorf("%w: --version %d was given, but the present version is %d", err, version, stat.Version)
}
