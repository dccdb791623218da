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

// Options say which servers the tour uses, and how it is printed.
type Options struct {
	Servers string
	Client  []zkasync.Option // options for the clients, such as credentials
	Timeout time.Duration    // how long to wait for each answer
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
	used bool // root may exist

	goroutines int // how many there were before the tour
}

// ask waits for one answer.
func ask[T any](g *guide, f *future.Future[T]) (T, error) {
	waiting, stop := g.patient()
	defer stop()
	return f.Get(waiting)
}

// patient limits one wait to Timeout.
func (g *guide) patient() (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(g.ctx, g.Timeout, fmt.Errorf("no answer within %v", g.Timeout))
}

// wait waits until done is closed. It returns an error if that does not happen in time.
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

// unexpected returns an error for a result that contradicts what the tour tells.
func unexpected(what string, err error) error {
	return fmt.Errorf("the tour expected %s, and got: %w", what, err)
}

var errNone = errors.New("no error")

// orNone returns err, or errNone if err is nil.
func orNone(err error) error {
	if err == nil {
		return errNone
	}
	return err
}

// short returns an error's text without the tour's root, so that its paths match those in the code shown.
func (g *guide) short(err error) string { return strings.ReplaceAll(err.Error(), g.root, "") }
