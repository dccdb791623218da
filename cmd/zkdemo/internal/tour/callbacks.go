package tour

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

func (g *guide) callbacks() error {
	g.section("Callbacks", "async_obj = zk.get_children_async(path); async_obj.rawlink(my_callback)")
	for _, name := range []string{"apple", "pear", "plum"} {
		if _, err := ask(g, g.c.Create(g.ctx, g.root+"/fruit/"+name, nil, zkasync.MakeParents())); err != nil {
			return err
		}
	}
	g.say("OnDone links a callback, which runs when the answer has come. It gets the value and the error, and deals with " +
		"both. The call and OnDone return at once; the callback runs later, on the client's goroutine.")
	g.code(
		`c.Children(ctx, "/fruit").OnDone(func(children zkasync.Children, err error) {`,
		"	switch {",
		"	case errors.Is(err, zk.ErrNoNode):            // the znode does not exist",
		"	case errors.Is(err, zkasync.ErrConnectionLoss):",
		"	case err == nil:                              // do something with children.Names",
		"	}",
		"})",
	)
	if err := g.link("/fruit"); err != nil {
		return err
	}
	g.say("The same callback with a path that does not exist:")
	if err := g.link("/vegetables"); err != nil {
		return err
	}
	return g.oneSequence()
}

// link asks for the children of a path, and shows what the callback gets.
func (g *guide) link(path string) error {
	type outcome struct {
		children zkasync.Children
		err      error
		took     time.Duration
	}
	answered := make(chan outcome, 1)
	begun := time.Now()
	g.c.Children(g.ctx, g.root+path).OnDone(func(children zkasync.Children, err error) {
		answered <- outcome{children, err, time.Since(begun)}
	})
	linked := time.Since(begun)
	waiting, stop := g.patient()
	defer stop()
	var o outcome
	select {
	case o = <-answered:
	case <-waiting.Done():
		return context.Cause(waiting)
	}
	g.took(linked, "the call and OnDone have returned")
	switch {
	case errors.Is(o.err, zk.ErrNoNode):
		g.took(o.took, "the callback handles: %s", g.style.Notice(g.short(o.err)))
	case o.err != nil:
		return o.err
	default:
		slices.Sort(o.children.Names)
		g.took(o.took, "the callback gets: %s", strings.Join(o.children.Names, ", "))
	}
	return nil
}

// oneSequence shows the order in which the callbacks of different requests run.
func (g *guide) oneSequence() error {
	g.say("All callbacks run one at a time, in the order in which the requests were made, including those of failed requests:")
	g.code(
		`c.Get(ctx, "/fruit/apple").OnDone(…)          // 1`,
		`c.Exists(ctx, "/fruit/fig").OnDone(…)         // 2`,
		`c.Get(ctx, "/fruit/fig").OnDone(…)            // 3, fails`,
		`c.Set(ctx, "/fruit/pear", data, -1).OnDone(…) // 4`,
		`c.Children(ctx, "/fruit").OnDone(…)           // 5`,
	)
	var order []string // needs no lock: only callbacks write it, one at a time
	begun := time.Now()
	note(&order, "1 Get", g.c.Get(g.ctx, g.root+"/fruit/apple"))
	note(&order, "2 Exists", g.c.Exists(g.ctx, g.root+"/fruit/fig"))
	note(&order, "3 Get failed", g.c.Get(g.ctx, g.root+"/fruit/fig"))
	note(&order, "4 Set", g.c.Set(g.ctx, g.root+"/fruit/pear", []byte("green"), zkasync.AnyVersion))
	last := make(chan struct{})
	g.c.Children(g.ctx, g.root+"/fruit").OnDone(func(zkasync.Children, error) {
		order = append(order, "5 Children")
		close(last)
	})
	if err := g.wait(last); err != nil {
		return err
	}
	g.after(begun, "ran: %s", strings.Join(order, ", "))
	if !slices.IsSorted(order) {
		return unexpected("callbacks in order", fmt.Errorf("%v", order))
	}
	return nil
}

// note links a callback that appends name to order.
func note[T any](order *[]string, name string, f *future.Future[T]) {
	f.OnDone(func(T, error) { *order = append(*order, name) })
}
