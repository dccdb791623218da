package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/go-zookeeper/zk"
	"github.com/spf13/cobra"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/screen"
	"github.com/zkasync/zkasync-go/zkasync"
)

// createFlags say what kind of znode to create.
type createFlags struct {
	parents, ephemeral, sequential, container bool
}

func (a *app) createCommand() *cobra.Command {
	var from payload
	var kind createFlags
	cmd := &cobra.Command{
		Use:   "create PATH [DATA]",
		Short: "create a znode",
		Long: `Creates a znode and prints its path.

An ephemeral znode lives as long as the session that created it, so with
--ephemeral the command stays until it is interrupted.

` + payloadHelp,
		Example: `  zkdemo create /config/limit 100 --parents
  zkdemo create /queue/job- --sequential      # the server appends a number
  zkdemo create /members/me --ephemeral       # until interrupted`,
		Args: argCount(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			path := args[0]
			if err := kind.check(path); err != nil {
				return err
			}
			data, err := from.read(&a.stream, a.stdin, args[1:])
			if err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c *zkasync.Client) error { return a.create(ctx, c, path, data, kind) })
		},
	}
	from.register(cmd.Flags())
	cmd.Flags().BoolVarP(&kind.parents, "parents", "p", false, "create missing parents, without data")
	cmd.Flags().BoolVar(&kind.ephemeral, "ephemeral", false, "a znode that ends with the session; stays until interrupted")
	cmd.Flags().BoolVar(&kind.sequential, "sequential", false, "let the server append a number to the name")
	cmd.Flags().BoolVar(&kind.container, "container", false, "a znode that the server deletes once its last child is gone")
	return cmd
}

func (k createFlags) check(path string) error {
	if k.container && (k.ephemeral || k.sequential) {
		return usagef("--container excludes --ephemeral and --sequential")
	}
	if k.sequential && strings.HasSuffix(path, "/") && path != "/" {
		return checkPath(strings.TrimSuffix(path, "/")) // the number alone is the name
	}
	if err := checkPath(path); err != nil {
		return err
	}
	if path == "/" && !k.sequential {
		return usagef("create /: the root is always there")
	}
	return nil
}

func (k createFlags) options() []zkasync.CreateOption {
	var opts []zkasync.CreateOption
	for _, o := range []struct {
		on  bool
		opt func() zkasync.CreateOption
	}{{k.parents, zkasync.MakeParents}, {k.ephemeral, zkasync.Ephemeral}, {k.sequential, zkasync.Sequential}, {k.container, zkasync.Container}} {
		if o.on {
			opts = append(opts, o.opt())
		}
	}
	return opts
}

func (a *app) create(ctx context.Context, c *zkasync.Client, name string, data []byte, kind createFlags) error {
	waiting, stop := a.patient(ctx)
	defer stop()
	created, err := c.Create(ctx, name, data, kind.options()...).Get(waiting)
	if errors.Is(err, zk.ErrNoNode) && !kind.parents {
		return fmt.Errorf("%w: its parent %s is missing (--parents creates it)", err, screen.Name(path.Dir(name)))
	}
	if err != nil {
		return err
	}
	if a.flags.json {
		err = printJSON(a.out, struct {
			Path string    `json:"path"`
			Stat *statJSON `json:"stat"`
		}{created.Path, newStatJSON(created.Stat)})
	} else {
		_, err = fmt.Fprintln(a.out, created.Path)
	}
	if err != nil || !kind.ephemeral {
		return err
	}
	fmt.Fprintln(a.stderr, "the znode ends with this session; interrupt this command to end it")
	return a.holdSession(ctx, c)
}

// holdSession waits until ctx or the session ends.
func (a *app) holdSession(ctx context.Context, c *zkasync.Client) error {
	for change := range c.States(ctx) {
		if change.State == zkasync.StateLost {
			return fmt.Errorf("the session is lost, and the znode with it: %w", change.Err)
		}
	}
	return context.Cause(ctx)
}
