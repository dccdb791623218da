package tour

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
)

// Run gives the tour. It returns an error if something does not happen as told, or if ctx ends.
func Run(ctx context.Context, o Options) error {
	g := &guide{
		narrator:   narrator{w: o.Out, style: o.Style, width: o.Width},
		Options:    o,
		ctx:        ctx,
		root:       "/zkdemo-tour-" + rand.Text(),
		goroutines: goroutines(),
	}
	g.welcome()
	err := g.connecting()
	if g.c != nil {
		if err == nil {
			err = g.connected()
		}
		err = errors.Join(err, g.shutdown(err == nil))
	}
	return err
}

func (g *guide) welcome() {
	fmt.Fprintln(g.w, g.style.Bold("Asynchronous ZooKeeper in Go: a tour of zkasync"))
	g.say("ZooKeeper is a small, ordered store through which programs coordinate. It keeps a tree of znodes, which are named " +
		"like files, hold a little data each, and may have children. A client has a session with it, and can watch znodes.")
	g.say("Every call of zkasync returns at once with a future, a result that will come later. A program can wait for it, use " +
		"it in a select, or link a callback to it. Everything below happens now, on " + g.Servers + "; the times are real.")
}

// connected runs the sections that need a session.
func (g *guide) connected() error {
	g.used = true
	if _, err := ask(g, g.c.EnsurePath(g.ctx, g.root)); err != nil {
		return err
	}
	for _, section := range []func() error{g.callbacks, g.crud, g.missing, g.many, g.selecting, g.failures} {
		if err := section(); err != nil {
			return err
		}
	}
	return nil
}
