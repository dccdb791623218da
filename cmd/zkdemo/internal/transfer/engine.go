package transfer

import (
	"context"
	"errors"
	"time"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/pipeline"
	"github.com/zkasync/zkasync-go/zkasync"
)

// Options limit a transfer, and say whether it replaces what exists already.
type Options struct {
	Depth      int           // the most requests in flight
	Bytes      int64         // the most bytes of contents held in memory
	MaxRequest int           // larger files are not even read; slightly smaller ones may still be refused by the client
	Overwrite  bool          // replace what exists with other contents
	Patience   time.Duration // how long the server may take for one answer
	Progress   Progress
}

// maxTries bounds how often one request is sent again after connection losses.
const maxTries = 4

// lastAnswers is how long an interrupted transfer waits for the answers to the requests that it has sent.
const lastAnswers = 2 * time.Second

// engine is the common part of Import and Export. It is used by one goroutine only.
type engine struct {
	ctx    context.Context
	c      *zkasync.Client
	o      Options
	win    *pipeline.Window
	report Report
	found  int64 // things that are known to exist
	begun  int64 // how many of them have been begun or refused
	fatal  error // why the transfer has to end
}

func newEngine(ctx context.Context, c *zkasync.Client, o Options) engine {
	return engine{
		ctx:    ctx,
		c:      c,
		o:      o,
		win:    pipeline.New(o.Depth, o.Bytes, o.Patience),
		report: Report{Skipped: []Item{}, Unfinished: []Item{}}, // so that JSON has empty lists, not null
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

// settle waits for the answer to the oldest request and deals with it.
func (e *engine) settle() error {
	if err := e.win.Settle(e.ctx); err != nil {
		return err
	}
	return e.stopped()
}

// settleAll deals with the answers to all requests, including those that are made meanwhile.
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

// finish ends the transfer. If it ends early, because of err, finish still takes the answers that come soon, and reports the
// requests without an answer as unfinished.
func (e *engine) finish(err error) (Report, error) {
	if err != nil {
		grace, stop := context.WithTimeout(context.WithoutCancel(e.ctx), lastAnswers)
		defer stop()
		e.fatal = err // from here on, a failure means unfinished, and nothing is sent again
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

// again reports whether a request that failed with err may be repeated. If a create was applied after all, the repeated one
// finds the znode with the right bytes.
func (e *engine) again(err error, tries int) bool {
	lost := errors.Is(err, zkasync.ErrConnectionLoss) || errors.Is(err, zkasync.ErrSessionExpired)
	return lost && !e.ends(err) && tries < maxTries && e.stopped() == nil
}

// ends reports whether err means that no further request can succeed.
func (e *engine) ends(err error) bool {
	return errors.Is(err, zkasync.ErrClosed) || errors.Is(err, zkasync.ErrAuthFailed) || isAny(err, exhaustedProcess)
}

// failed reports that name was not copied: as unfinished if the transfer is ending, and as skipped otherwise.
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
		reason = "not sent before the transfer was interrupted"
	}
	e.report.Unfinished = append(e.report.Unfinished, newItem(name, reason))
}
