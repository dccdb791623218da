package transfer

import (
	"context"
	"errors"
	"time"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/pipeline"
	"github.com/zkasync/zkasync-go/zkasync"
)

// Options bound a transfer and say what to do about what is there already.
type Options struct {
	Depth      int           // requests in flight
	Bytes      int64         // contents held in memory
	MaxRequest int           // files above it are not read at all; the client refuses the borderline ones
	Overwrite  bool          // replace what is there with other contents
	Patience   time.Duration // how long the server may take for one answer
	Progress   Progress
}

// maxTries bounds how often one request is sent again after connection losses.
const maxTries = 4

// lastAnswers is how long an interrupted transfer waits for the answers to what it has sent.
const lastAnswers = 2 * time.Second

// engine is what Import and Export share. It belongs to one goroutine.
type engine struct {
	ctx    context.Context
	c      *zkasync.Client
	o      Options
	win    *pipeline.Window
	report Report
	found  int64 // things that are known to be there
	begun  int64 // of these, what was begun or refused
	fatal  error // ends the transfer
}

func newEngine(ctx context.Context, c *zkasync.Client, o Options) engine {
	return engine{
		ctx:    ctx,
		c:      c,
		o:      o,
		win:    pipeline.New(o.Depth, o.Bytes, o.Patience),
		report: Report{Skipped: []Item{}, Unfinished: []Item{}}, // so that JSON has lists, if empty ones
	}
}

// room waits until one more request of cost bytes fits.
func (e *engine) room(cost int64) error {
	for !e.win.Fits(cost) {
		if err := e.settle(); err != nil {
			return err
		}
	}
	return e.stopped()
}

// settle deals with the oldest answer.
func (e *engine) settle() error {
	if err := e.win.Settle(e.ctx); err != nil {
		return err
	}
	return e.stopped()
}

// settleAll deals with every answer, also those of the requests that they lead to.
func (e *engine) settleAll() error {
	for e.win.Len() > 0 {
		if err := e.settle(); err != nil {
			return err
		}
	}
	return e.stopped()
}

func (e *engine) stopped() error {
	if e.fatal != nil {
		return e.fatal
	}
	return context.Cause(e.ctx)
}

// finish ends the transfer: after err it takes the answers that are on their way, and names what has none.
func (e *engine) finish(err error) (Report, error) {
	if err != nil {
		grace, stop := context.WithTimeout(context.WithoutCancel(e.ctx), lastAnswers)
		defer stop()
		e.fatal = err // what fails from here on is unfinished, and nothing is sent again
		_ = e.win.SettleAll(grace)
		for _, name := range e.win.Labels() {
			e.unfinished(name, errCut)
		}
	}
	e.report.NotBegun = max(e.found-e.begun, 0)
	return e.report, err
}

func (e *engine) discovered(things, bytes int64) {
	e.found += things
	e.o.Progress.Found(things, bytes)
}

// again reports whether a request that failed with err may be sent once more. A create that was applied all the same is
// then found to be there, with the right bytes.
func (e *engine) again(err error, tries int) bool {
	lost := errors.Is(err, zkasync.ErrConnectionLoss) || errors.Is(err, zkasync.ErrSessionExpired)
	return lost && !e.ends(err) && tries < maxTries && e.stopped() == nil
}

// ends reports whether err means that no further request can succeed.
func (e *engine) ends(err error) bool {
	return errors.Is(err, zkasync.ErrClosed) || errors.Is(err, zkasync.ErrAuthFailed) || isAny(err, exhaustedProcess)
}

// failed files what was not copied: as unfinished when the transfer is at its end, as skipped otherwise.
func (e *engine) failed(name string, err error) {
	if e.ends(err) && e.fatal == nil {
		e.fatal = err
	}
	if e.stopped() != nil {
		e.unfinished(name, err)
		return
	}
	e.skip(name, err)
}

func (e *engine) skip(name string, err error) {
	item := newItem(name, plain(err).Error())
	e.report.Skipped = append(e.report.Skipped, item)
	e.o.Progress.Skipped(item)
}

func (e *engine) unfinished(name string, err error) {
	reason := plain(err).Error()
	if errors.Is(err, zkasync.ErrNotSent) {
		reason = "not sent before the transfer was cut short"
	}
	e.report.Unfinished = append(e.report.Unfinished, newItem(name, reason))
}
