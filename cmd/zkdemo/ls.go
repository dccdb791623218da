package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/go-zookeeper/zk"
	"github.com/spf13/cobra"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/pipeline"
	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/screen"
	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/znode"
	"github.com/zkasync/zkasync-go/zkasync"
)

// The limits of what a listing keeps in flight. Its answers are Stats, so their number is what matters.
const (
	listDepth = 1000
	listBytes = 1 << 30
)

func (a *app) lsCommand() *cobra.Command {
	var long, recursive bool
	cmd := &cobra.Command{
		Use:   "ls [PATH]",
		Short: "list the children of a znode, and with -R everything below it",
		Long: `Lists the names of a znode's children. With -R it lists the paths of the znode and
of everything below it, each before its children, and prints them while it reads;
with --json each is a line of its own.`,
		Example: "  zkdemo ls /\n  zkdemo ls -l /config\n  zkdemo ls -R /config",
		Args:    argCount(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := optionalPath(args)
			if err != nil {
				return err
			}
			list := a.ls
			if recursive {
				list = a.lsRecursive
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c *zkasync.Client) error { return list(ctx, c, path, long) })
		},
	}
	cmd.Flags().BoolVarP(&long, "long", "l", false, "show each znode's size, children, version and time of change")
	cmd.Flags().BoolVarP(&recursive, "recursive", "R", false, "list everything below it too")
	return cmd
}

// optionalPath returns the path in args, or the root if there is none.
func optionalPath(args []string) (string, error) {
	if len(args) == 0 {
		return znode.Root, nil
	}
	return args[0], checkPath(args[0])
}

type childJSON struct {
	Name string    `json:"name"`
	Stat *statJSON `json:"stat,omitempty"`
	// Hidden means that the server does not let us read it.
	Hidden bool `json:"unreadable,omitempty"`
}

func (a *app) ls(ctx context.Context, c *zkasync.Client, path string, long bool) error {
	waiting, stop := a.patient(ctx)
	children, err := c.Children(ctx, path).Get(waiting)
	stop()
	if err != nil {
		return err
	}
	slices.Sort(children.Names)
	list := make([]childJSON, 0, len(children.Names))
	if !long {
		for _, name := range children.Names {
			list = append(list, childJSON{Name: name})
		}
	} else if list, err = a.statAll(ctx, c, path, children.Names); err != nil {
		return err
	}
	if a.flags.json {
		return printJSON(a.out, struct {
			Path     string      `json:"path"`
			Children []childJSON `json:"children"`
		}{path, list})
	}
	w := bufio.NewWriter(a.out)
	for _, child := range list {
		if err := printChild(w, child); err != nil {
			return err
		}
	}
	return w.Flush()
}

// statAll reads the Stats of the children, many at a time. A child that has been deleted meanwhile is left out.
func (a *app) statAll(ctx context.Context, c *zkasync.Client, path string, names []string) ([]childJSON, error) {
	list := make([]childJSON, 0, len(names))
	var failed error
	win := pipeline.New(listDepth, listBytes, a.flags.timeout)
	for _, name := range names {
		for !win.Fits(0) {
			if err := win.Settle(ctx); err != nil {
				return nil, err
			}
		}
		child := znode.Join(path, name)
		pipeline.Add(win, child, 0, c.Exists(ctx, child), func(stat *zk.Stat, err error) {
			switch {
			case errors.Is(err, zk.ErrNoAuth): // so the child exists
				list = append(list, childJSON{Name: name, Hidden: true})
			case err != nil && failed == nil:
				failed = err
			case stat != nil:
				list = append(list, childJSON{Name: name, Stat: newStatJSON(*stat)})
			}
		})
	}
	if err := win.SettleAll(ctx); err != nil {
		return nil, err
	}
	return list, failed
}

func printChild(w io.Writer, child childJSON) error {
	text := screen.Name(child.Name)
	if s := child.Stat; s != nil {
		text = fmt.Sprintf("%10s  %6d children  v%-5d  %s  %s%s", screen.Bytes(int64(s.DataLength)), s.NumChildren, s.Version,
			s.Modified.Local().Format("2006-01-02 15:04:05"), text, ephemeralMark(s.EphemeralOwner))
	}
	if child.Hidden {
		text += "  (may not be read)"
	}
	_, err := fmt.Fprintln(w, text)
	return err
}

func ephemeralMark(owner sessionID) string {
	if owner == 0 {
		return ""
	}
	return "  (ephemeral)"
}
