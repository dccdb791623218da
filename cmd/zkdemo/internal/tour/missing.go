package tour

import (
	"strings"
	"time"
)

// missing shows the operations that kazoo lacks, according to its documentation.
func (g *guide) missing() error {
	g.section("What kazoo's page says is missing", `"ensure_path has no asynchronous counterpart … nor can delete_async do recursive deletes"`)
	g.say("EnsurePath creates whatever is missing of a path. DeleteAll deletes a znode with everything below it. Both return " +
		"futures, like any other call.")
	g.code(`c.EnsurePath(ctx, "/garden/trees/old")`)
	begun := time.Now()
	path, err := ask(g, g.c.EnsurePath(g.ctx, g.root+"/garden/trees/old"))
	if err != nil {
		return err
	}
	g.after(begun, "%s exists", strings.TrimPrefix(path, g.root))
	begun = time.Now()
	if _, err := ask(g, g.c.EnsurePath(g.ctx, g.root+"/garden/trees/old")); err != nil {
		return err
	}
	g.after(begun, "the same again: it exists already, which is not an error")
	g.code(`c.DeleteAll(ctx, "/garden")`)
	begun = time.Now()
	deleted, err := ask(g, g.c.DeleteAll(g.ctx, g.root+"/garden"))
	if err != nil {
		return err
	}
	g.after(begun, "deleted %d znodes", deleted)
	return nil
}
