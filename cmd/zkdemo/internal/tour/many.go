package tour

import (
	"fmt"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// allOf makes all requests at once, one for each path, and waits for all answers.
func allOf[T any](g *guide, paths []string, request func(path string) *future.Future[T]) error {
	asked := make([]*future.Future[T], len(paths))
	for i, path := range paths {
		asked[i] = request(path)
	}
	_, err := ask(g, future.All(asked...))
	return err
}

// manyNodes is enough to show the difference, and not too many for a server that others use as well.
const manyNodes = 1000

// many shows what asynchronous calls are for.
func (g *guide) many() error {
	g.section("Many at once", "")
	g.say(fmt.Sprintf("This is why calls are asynchronous: a round trip takes time, but %d of them can be under way at once, "+
		"on one connection, in the order of the calls, and without a goroutine for each.", manyNodes))
	paths := make([]string, manyNodes)
	for i := range paths {
		paths[i] = fmt.Sprintf("%s/many/n%04d", g.root, i)
	}
	if _, err := ask(g, g.c.EnsurePath(g.ctx, g.root+"/many")); err != nil {
		return err
	}
	g.code(
		"for _, path := range paths { created = append(created, c.Create(ctx, path, data)) }",
		"future.All(created...).Get(ctx)",
	)
	begun := time.Now()
	if err := allOf(g, paths, func(path string) *future.Future[zkasync.Created] { return g.c.Create(g.ctx, path, []byte("seed")) }); err != nil {
		return err
	}
	g.after(begun, "%d znodes created", manyNodes)
	g.code("for _, path := range paths { c.Get(ctx, path).Get(ctx) }        // one after another")
	begun = time.Now()
	for _, path := range paths {
		if _, err := ask(g, g.c.Get(g.ctx, path)); err != nil {
			return err
		}
	}
	oneByOne := time.Since(begun)
	g.took(oneByOne, "%d znodes read", manyNodes)
	g.code("for _, path := range paths { read = append(read, c.Get(ctx, path)) }", "future.All(read...).Get(ctx)")
	begun = time.Now()
	if err := allOf(g, paths, func(path string) *future.Future[zkasync.Node] { return g.c.Get(g.ctx, path) }); err != nil {
		return err
	}
	together := time.Since(begun)
	g.took(together, "%d znodes read, %.0f times as fast", manyNodes, float64(oneByOne)/float64(max(together, 1)))
	return nil
}
