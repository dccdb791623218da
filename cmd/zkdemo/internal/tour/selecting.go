package tour

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// deadline is how long the tour's select waits when nothing is to come.
const deadline = 200 * time.Millisecond

func (g *guide) selecting() error {
	g.section("Waiting for several things at once", "async_obj.wait(timeout), one object at a time")
	path := g.root + "/thermometer"
	if _, err := ask(g, g.c.Create(g.ctx, path, []byte("20°"))); err != nil {
		return err
	}
	g.say("A future has channels, so it goes where Go waits: into a select. Here an answer, a watch and a deadline wait " +
		"side by side. A watch is asked for with a read, fires once at the next change, and is a future as well.")
	g.code(
		`watched, _ := c.GetW(ctx, "/thermometer").Get(ctx)     // read, and leave a watch`,
		`answer := c.Get(ctx, "/thermometer")`,
		"for {",
		"	select {",
		"	case result := <-answer.C():",
		"	case <-watched.Event.Done():",
		"	case <-time.After("+goDuration(deadline)+"):",
		"	}",
		"}",
	)
	begun := time.Now()
	watched, err := ask(g, g.c.GetW(g.ctx, path))
	if err != nil {
		return err
	}
	g.after(begun, "read %q, and a watch is left", watched.Value.Data)
	return g.selectLoop(path, watched.Event)
}

// selectLoop waits for the answer, which comes first, for the watch, which a second writer makes fire, and for a deadline.
func (g *guide) selectLoop(path string, event *future.Future[zkasync.Event]) error {
	begun := time.Now()
	answer := g.c.Get(g.ctx, path).C()
	fired := event.Done()
	late := time.NewTimer(g.Timeout) // until both have come, only a safeguard
	defer late.Stop()
	for answer != nil || fired != nil {
		select {
		case result := <-answer:
			if result.Err != nil {
				return result.Err
			}
			answer = nil
			g.after(begun, "select: the answer, %q", result.Value.Data)
			begun = time.Now()
			g.c.Set(g.ctx, path, []byte("31°"), zkasync.AnyVersion).OnDone(func(zk.Stat, error) {}) // somebody changes it
		case <-fired:
			e, err := event.Result()
			if err != nil {
				return err
			}
			fired = nil
			g.after(begun, "select: the watch, %v of %s; somebody has just set it", e.Type, g.short(errors.New(e.Path)))
		case <-late.C:
			return fmt.Errorf("neither the answer nor the watch came within %v", g.Timeout)
		case <-g.ctx.Done():
			return g.ctx.Err()
		}
	}
	return g.nothingComes(path)
}

// nothingComes lets the deadline win.
func (g *guide) nothingComes(path string) error {
	watched, err := ask(g, g.c.GetW(g.ctx, path))
	if err != nil {
		return err
	}
	begun := time.Now()
	timer := time.NewTimer(deadline)
	defer timer.Stop()
	select {
	case <-watched.Event.Done():
		return errors.New("the tour expected nobody to change its znode, and somebody did")
	case <-timer.C:
		g.after(begun, "select: the deadline; nobody touched it this time, and the watch stays")
	case <-g.ctx.Done():
		return g.ctx.Err()
	}
	return nil
}
