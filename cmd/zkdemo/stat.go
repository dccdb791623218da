package main

import (
	"context"
	"fmt"
	"io"

	"github.com/go-zookeeper/zk"
	"github.com/spf13/cobra"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/screen"
	"github.com/zkasync/zkasync-go/zkasync"
)

func (a *app) statCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "stat PATH",
		Short:   "show what ZooKeeper knows of a znode",
		Example: "  zkdemo stat /config",
		Args:    argCount(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			path := args[0]
			if err := checkPath(path); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c *zkasync.Client) error { return a.stat(ctx, c, path) })
		},
	}
}

func (a *app) stat(ctx context.Context, c *zkasync.Client, path string) error {
	waiting, stop := a.patient(ctx)
	defer stop()
	stat, err := c.Exists(ctx, path).Get(waiting)
	if err != nil {
		return err
	}
	if stat == nil {
		return fmt.Errorf("stat %s: %w", path, zk.ErrNoNode)
	}
	if a.flags.json {
		return printJSON(a.out, struct {
			Path string    `json:"path"`
			Stat *statJSON `json:"stat"`
		}{path, newStatJSON(*stat)})
	}
	printStat(a.out, newStatJSON(*stat))
	return nil
}

func printStat(w io.Writer, s *statJSON) {
	const when = "2006-01-02 15:04:05.000 MST"
	owner := "none, the znode is persistent"
	if s.EphemeralOwner != 0 {
		owner = fmt.Sprintf("session %#x, the znode ends with it", s.EphemeralOwner)
	}
	for _, line := range []struct{ name, value string }{
		{"created", fmt.Sprintf("%s  by transaction %#x", s.Created.Local().Format(when), s.Czxid)},
		{"modified", fmt.Sprintf("%s  by transaction %#x", s.Modified.Local().Format(when), s.Mzxid)},
		{"data", fmt.Sprintf("%s, version %d", screen.Plural(int64(s.DataLength), "byte", "bytes"), s.Version)},
		{"children", fmt.Sprintf("%d, version %d, last changed by transaction %#x", s.NumChildren, s.Cversion, s.Pzxid)},
		{"ACL", fmt.Sprintf("version %d", s.Aversion)},
		{"owner", owner},
	} {
		fmt.Fprintf(w, "%-9s %s\n", line.name, line.value)
	}
}
