package tour

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
)

func (g *guide) crud() error {
	g.section("Creating, reading, updating, deleting",
		"create_async, exists_async, get_async, get_children_async, set_async, delete_async")
	g.say("Each of these calls returns a future. Here the tour waits for each one before the next call, with future.Get(ctx):")
	path := g.root + "/basket"
	steps := []struct {
		code string
		do   func() (string, error)
	}{
		{`c.Create(ctx, "/basket", []byte("two apples"))`, func() (string, error) {
			created, err := ask(g, g.c.Create(g.ctx, path, []byte("two apples")))
			return fmt.Sprintf("created %s", strings.TrimPrefix(created.Path, g.root)), err
		}},
		{`c.Exists(ctx, "/basket")`, func() (string, error) {
			stat, err := ask(g, g.c.Exists(g.ctx, path))
			return there(stat), err
		}},
		{`c.Get(ctx, "/basket")`, func() (string, error) {
			node, err := ask(g, g.c.Get(g.ctx, path))
			return fmt.Sprintf("%q, version %d", node.Data, node.Stat.Version), err
		}},
		{`c.Set(ctx, "/basket", []byte("a pear"), 0)`, func() (string, error) { // 0 is the version that it must still have
			stat, err := ask(g, g.c.Set(g.ctx, path, []byte("a pear"), 0))
			return fmt.Sprintf("it still had version 0, and now has version %d", stat.Version), err
		}},
		{`c.Children(ctx, "/")`, func() (string, error) {
			children, err := ask(g, g.c.Children(g.ctx, g.root))
			return fmt.Sprintf("%d children: %s", len(children.Names), strings.Join(slices.Sorted(slices.Values(children.Names)), ", ")), err
		}},
		{`c.Delete(ctx, "/basket", zkasync.AnyVersion)`, func() (string, error) {
			_, err := ask(g, g.c.Delete(g.ctx, path, zkasync.AnyVersion))
			return "deleted", err
		}},
		{`c.Exists(ctx, "/basket")`, func() (string, error) {
			stat, err := ask(g, g.c.Exists(g.ctx, path))
			return there(stat), err
		}},
	}
	for _, step := range steps {
		g.code(step.code)
		begun := time.Now()
		answer, err := step.do()
		if err != nil {
			return err
		}
		g.after(begun, "%s", answer)
	}
	return nil
}

func there(stat *zk.Stat) string {
	if stat == nil {
		return "no: the Stat is nil, which is not an error"
	}
	return fmt.Sprintf("yes: %d bytes, version %d, %d children", stat.DataLength, stat.Version, stat.NumChildren)
}
