package main

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/screen"
	"github.com/zkasync/zkasync-go/zkasync"
)

func (a *app) getCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "get PATH",
		Short: "print the data of a znode",
		Long: `Prints the data of a znode, byte for byte. On a terminal, data that could control
it or could not be shown are printed as a hex dump, and text gets a line end.`,
		Example: "  zkdemo get /config/limit\n  zkdemo get /config/logo > logo.png",
		Args:    argCount(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			path := args[0]
			if err := checkPath(path); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c *zkasync.Client) error { return a.get(ctx, c, path) })
		},
	}
}

func (a *app) get(ctx context.Context, c *zkasync.Client, path string) error {
	waiting, stop := a.patient(ctx)
	defer stop()
	node, err := c.Get(ctx, path).Get(waiting)
	if err != nil {
		return err
	}
	if a.flags.json {
		return printJSON(a.out, struct {
			Path string    `json:"path"`
			Data *dataJSON `json:"data"`
			Stat *statJSON `json:"stat"`
		}{path, newDataJSON(node.Data), newStatJSON(node.Stat)})
	}
	_, err = a.out.Write(shown(node.Data, screen.IsTerminal(a.stdout)))
	return err
}

// shown returns the data unchanged or, for a terminal, in a form that is safe there and that people can read.
func shown(data []byte, terminal bool) []byte {
	switch {
	case !terminal || len(data) == 0:
		return data
	case !screen.IsProse(data):
		return []byte(hex.Dump(data))
	case data[len(data)-1] != '\n':
		return fmt.Appendf(nil, "%s\n", data)
	}
	return data
}
