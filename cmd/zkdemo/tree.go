package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-zookeeper/zk"
	"github.com/spf13/cobra"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/pipeline"
	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/screen"
	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/znode"
	"github.com/zkasync/zkasync-go/zkasync"
)

func (a *app) treeCommand() *cobra.Command {
	var depth int
	var data bool
	cmd := &cobra.Command{
		Use:     "tree [PATH]",
		Short:   "show a znode and everything below it",
		Example: "  zkdemo tree /\n  zkdemo tree --depth 2 --data /config",
		Args:    argCount(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := optionalPath(args)
			if err != nil {
				return err
			}
			if depth < 0 {
				return usagef("--depth %d: must be 1 or more, or 0 for all levels", depth)
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c *zkasync.Client) error {
				return a.tree(ctx, c, path, depth, data)
			})
		},
	}
	cmd.Flags().IntVar(&depth, "depth", 0, "show no more than `n` levels below PATH (0: all)")
	cmd.Flags().BoolVar(&data, "data", false, "show the beginning of each znode's data")
	return cmd
}

// branch is a znode of the tree, with the branches below it.
type branch struct {
	Path     string    `json:"path"`
	Stat     *statJSON `json:"stat,omitempty"`
	Data     *dataJSON `json:"data,omitempty"`
	Children []*branch `json:"children,omitempty"`
	preview  string
	Hidden   bool `json:"unreadable,omitempty"` // the server does not let us read it, or its children
	gone     bool // deleted after its parent was read
}

func (a *app) tree(ctx context.Context, c *zkasync.Client, path string, depth int, data bool) error {
	g := &grower{ctx: ctx, c: c, data: data, levels: depth, keep: a.flags.json,
		win: pipeline.New(listDepth, treeBytes, a.flags.timeout)}
	root, err := g.grow(path)
	if err != nil {
		return err
	}
	if a.flags.json {
		return printJSON(a.out, root)
	}
	w := bufio.NewWriter(a.out)
	style := screen.StyleFor(a.stdout)
	fmt.Fprintln(w, style.Bold(screen.Name(path))+root.remark(style))
	printBranches(w, root, "", style)
	fmt.Fprintf(w, "\n%s, %s of data\n", screen.Plural(g.count, "znode", "znodes"), screen.Bytes(g.bytes))
	return w.Flush()
}

// previewLength is how many characters of a znode's data fit beside its name.
const previewLength = 40

// remark describes a znode, for display beside its name.
func (b *branch) remark(style screen.Style) string {
	var parts []string
	if b.Hidden {
		parts = append(parts, "may not be read")
	}
	if b.Stat == nil {
		b = &branch{Stat: new(statJSON)} // nothing else is known
	}
	if b.Stat.DataLength > 0 {
		parts = append(parts, screen.Bytes(int64(b.Stat.DataLength)))
	}
	if b.Stat.EphemeralOwner != 0 {
		parts = append(parts, "ephemeral")
	}
	if b.preview != "" {
		parts = append(parts, b.preview)
	}
	if len(b.Children) == 0 && b.Stat.NumChildren > 0 {
		parts = append(parts, screen.Plural(int64(b.Stat.NumChildren), "child", "children"))
	}
	if len(parts) == 0 {
		return ""
	}
	return "  " + style.Dim(strings.Join(parts, ", "))
}

func printBranches(w io.Writer, b *branch, indent string, style screen.Style) {
	for i, child := range b.Children {
		fork, below := "├── ", "│   "
		if i == len(b.Children)-1 {
			fork, below = "└── ", "    "
		}
		fmt.Fprintln(w, style.Dim(indent+fork)+screen.Name(znode.Base(child.Path))+child.remark(style))
		printBranches(w, child, indent+below, style)
	}
}

// treeBytes bounds the data in flight. Less of it is kept: a preview of each znode's data, except for JSON.
const treeBytes = 64 << 20

// grower reads a tree with many requests in flight, level by level.
type grower struct {
	ctx    context.Context
	c      *zkasync.Client
	win    *pipeline.Window
	data   bool
	keep   bool // keep all of the data, not just a preview
	levels int  // how many levels to read; 0: all
	todo   []*branch
	level  map[*branch]int
	count  int64
	bytes  int64
	failed error
}

func (g *grower) grow(path string) (*branch, error) {
	root := &branch{Path: path}
	g.level = map[*branch]int{root: 0}
	g.todo = []*branch{root}
	for len(g.todo) > 0 || g.win.Len() > 0 {
		if len(g.todo) > 0 && g.win.Fits(0) {
			next := g.todo[0]
			g.todo = g.todo[1:]
			g.look(next)
			continue
		}
		if err := g.win.Settle(g.ctx); err != nil {
			return nil, err
		}
		if g.failed != nil {
			return nil, g.failed
		}
	}
	if root.Hidden && root.Stat == nil {
		return nil, fmt.Errorf("tree %s: %w", path, zk.ErrNoAuth)
	}
	if root.gone {
		return nil, fmt.Errorf("tree %s: %w", path, zk.ErrNoNode)
	}
	prune(root)
	return root, nil
}

// look reads a znode's Stat, and then whatever else is needed according to it.
func (g *grower) look(b *branch) {
	pipeline.Add(g.win, b.Path, 0, g.c.Exists(g.ctx, b.Path), func(stat *zk.Stat, err error) {
		if err != nil || stat == nil {
			g.lost(b, err)
			return
		}
		b.Stat = newStatJSON(*stat)
		g.count++
		g.bytes += int64(stat.DataLength)
		if stat.NumChildren > 0 && (g.levels == 0 || g.level[b] < g.levels) {
			g.descend(b)
		}
		if g.data && stat.DataLength > 0 {
			g.read(b)
		}
	})
}

func (g *grower) descend(b *branch) {
	pipeline.Add(g.win, b.Path, 0, g.c.Children(g.ctx, b.Path), func(c zkasync.Children, err error) {
		if err != nil {
			g.lost(b, err)
			return
		}
		slices.Sort(c.Names)
		for _, name := range c.Names {
			child := &branch{Path: znode.Join(b.Path, name)}
			b.Children = append(b.Children, child)
			g.level[child] = g.level[b] + 1
		}
		g.todo = append(g.todo, b.Children...)
	})
}

func (g *grower) read(b *branch) {
	pipeline.Add(g.win, b.Path, int64(b.Stat.DataLength), g.c.Get(g.ctx, b.Path), func(n zkasync.Node, err error) {
		switch {
		case err != nil:
			g.lost(b, err)
		case g.keep:
			b.Data = newDataJSON(n.Data)
		default:
			b.preview = screen.Preview(n.Data, previewLength)
		}
	})
}

// lost deals with a znode that could not be read. If it has been deleted meanwhile, that is no failure.
func (g *grower) lost(b *branch, err error) {
	switch {
	case err == nil || errors.Is(err, zk.ErrNoNode):
		b.gone = true
		return
	case errors.Is(err, zk.ErrNoAuth): // so the znode exists
		if b.Stat == nil && !b.Hidden {
			g.count++
		}
		b.Hidden = true
		return
	}
	if g.failed == nil {
		g.failed = err
	}
}

// prune removes the znodes that were deleted while the tree was being read.
func prune(b *branch) {
	b.Children = slices.DeleteFunc(b.Children, func(child *branch) bool { return child.gone })
	for _, child := range b.Children {
		prune(child)
	}
}
