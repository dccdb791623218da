package tour

import (
	"context"
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
