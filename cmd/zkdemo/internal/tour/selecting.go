package tour

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// deadline is how long the tour waits when it expects that nothing happens.
const deadline = 200 * time.Millisecond

func (g *guide) selecting() error {
	g.section("Waiting for several things at once", "async_obj.wait(timeout), one object at a time")
	path := g.root + "/thermometer"
	if _, err := ask(g, g.c.Create(g.ctx, path, []byte("20°"))); err != nil {
		return err
	}
	g.say("A future has channels, so it can be part of a select. Here one select waits for an answer, a watch and a " +
		"deadline. A watch is set by a read and fires once, at the next change; it is a future as well.")
	g.code(
		`watched, _ := c.GetW(ctx, "/thermometer").Get(ctx)     // read, and set a watch`,
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
	g.after(begun, "read %q, and a watch is set", watched.Value.Data)
	return g.selectLoop(path, watched.Event)
}

// selectLoop waits for the answer, then changes the znode and waits for the watch, and then for a deadline.
func (g *guide) selectLoop(path string, event *future.Future[zkasync.Event]) error {
	begun := time.Now()
	answer := g.c.Get(g.ctx, path).C()
	fired := event.Done()
	late := time.NewTimer(g.Timeout) // only a safeguard: both should come long before
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
			g.c.Set(g.ctx, path, []byte("31°"), zkasync.AnyVersion).OnDone(func(zk.Stat, error) {}) // makes the watch fire
		case <-fired:
			e, err := event.Result()
			if err != nil {
				return err
			}
			fired = nil
			g.after(begun, "select: the watch, %v of %s, which has just been set", e.Type, g.short(errors.New(e.Path)))
		case <-late.C:
			return fmt.Errorf("neither the answer nor the watch came within %v", g.Timeout)
		case <-g.ctx.Done():
			return g.ctx.Err()
		}
	}
	return g.nothingComes(path)
}

// nothingComes waits for a watch that does not fire, so that the deadline comes first.
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
		return errors.New("the tour expected nobody to change its znode, but somebody did")
	case <-timer.C:
		g.after(begun, "select: the deadline; nobody has changed the znode this time, and the watch stays")
	case <-g.ctx.Done():
		return g.ctx.Err()
	}
	return nil
}
