package tour

import (
	"context"
	"net"
	"time"

	"github.com/zkasync/zkasync-go/zkasync"
)

// shortWait is how long the tour waits for a server that does not exist.
const shortWait = 300 * time.Millisecond

func (g *guide) connecting() error {
	g.section("Connecting, and giving up", "event = zk.start_async(); event.wait(timeout=30); if not zk.connected: zk.stop()")
	if err := g.giveUp(); err != nil {
		return err
	}
	g.say("The same with a server that exists:")
	g.code(
		"c, err := zkasync.New(servers)           // checks its arguments, starts nothing",
		"started := c.StartAsync()                // returns at once",
		"select {",
		"case <-started.Done():",
		"case <-time.After("+goDuration(g.Timeout)+"):       // always set a limit",
		"}",
	)
	c, err := zkasync.New(g.Servers, g.Client...)
	if err != nil {
		return err
	}
	g.c = c
	begun := time.Now()
	started := c.StartAsync()
	g.after(begun, "StartAsync has returned; Connected() is %v", c.Connected())
	if err := g.wait(started.Done()); err != nil {
		return err
	}
	if _, err := started.Result(); err != nil {
		return err
	}
	g.after(begun, "Connected() is %v, the session is %#x", c.Connected(), c.Session().ID)
	return nil
}

// giveUp connects to an address where nobody listens, and gives up.
func (g *guide) giveUp() error {
	address, err := nobodysAddress(g.ctx)
	if err != nil {
		return err
	}
	g.say("A client connects in the background, and keeps trying until it is told to stop. That may be for ever, so the " +
		"program decides how long to wait. First, a server that does not exist:")
	g.code(
		"started := c.StartAsync()                // "+address+", where nobody listens",
		"select {",
		"case <-started.Done():",
		"case <-time.After("+goDuration(shortWait)+"):",
		"}",
		"if !c.Connected() {",
		"	c.StopAsync()                        // stop trying to connect",
		"}",
	)
	c, err := zkasync.New(address)
	if err != nil {
		return err
	}
	begun := time.Now()
	started := c.StartAsync()
	timer := time.NewTimer(shortWait)
	defer timer.Stop()
	select {
	case <-started.Done():
	case <-timer.C:
	case <-g.ctx.Done():
	}
	g.after(begun, "Connected() is %v", c.Connected())
	stopping := time.Now()
	if err := g.wait(c.StopAsync().Done()); err != nil {
		return err
	}
	_, err = started.Result()
	g.after(stopping, "stopped. The future of StartAsync says: %s", g.style.Notice(orNone(err).Error()))
	return context.Cause(g.ctx)
}

// nobodysAddress returns a local address that was free a moment ago, so that nobody should listen there.
func nobodysAddress(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
