package tour

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/screen"
	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// Options say where the tour goes.
type Options struct {
	Servers string
	Client  []zkasync.Option // credentials, for instance
	Timeout time.Duration    // of one answer
	Out     io.Writer
	Style   screen.Style
	Width   int
}

// guide leads one tour. Its sections share a client and a znode.
type guide struct {
	narrator
	Options
	ctx  context.Context
	c    *zkasync.Client
	root string
	used bool // root may be there

	goroutines int // before anything was started
}

// Run gives the tour. Its error is something that did not happen as told, or the end of ctx.
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
	g.say("ZooKeeper is a small, ordered store that programs coordinate through. It keeps a tree of znodes, which are named " +
		"like files, hold a little data each, and may have children. A client has a session with it; a znode can be watched.")
	g.say("Every call of zkasync returns at once with a future: a result that is not there yet. One can wait for it, put it " +
		"in a select, or link a callback to it. All that follows happens now, on " + g.Servers + "; the times are real.")
}

// connected are the sections that need a session.
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

// ask waits for one answer.
func ask[T any](g *guide, f *future.Future[T]) (T, error) {
	waiting, stop := g.patient()
	defer stop()
	return f.Get(waiting)
}

// patient bounds one wait.
func (g *guide) patient() (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(g.ctx, g.Timeout, fmt.Errorf("no answer within %v", g.Timeout))
}

// wait is for channels: it returns when something comes, and with an error when nothing does.
func (g *guide) wait(done <-chan struct{}) error {
	waiting, stop := g.patient()
	defer stop()
	select {
	case <-done:
		return nil
	case <-waiting.Done():
		return context.Cause(waiting)
	}
}

// unexpected says that the tour's story is not true here.
func unexpected(what string, err error) error {
	return fmt.Errorf("the tour expected %s, and got: %w", what, err)
}

var errNone = errors.New("no error")

// orNone gives err, or errNone where there is none, to be told as unexpected.
func orNone(err error) error {
	if err == nil {
		return errNone
	}
	return err
}

// short gives an error's text as the reader would see it, with the tour's own root left out.
func (g *guide) short(err error) string { return strings.ReplaceAll(err.Error(), g.root, "") }
