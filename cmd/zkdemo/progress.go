package main

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/screen"
	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/transfer"
)

// newProgress shows the progress of a transfer: as a bar on a terminal, and otherwise as a line now and then. The returned
// function ends the display.
func newProgress(w io.Writer, verb string, quiet bool) (transfer.Progress, func()) {
	switch {
	case quiet:
		return &lineProgress{w: w, silent: true}, func() {}
	case screen.IsTerminal(w):
		bar := newBarProgress(w, verb)
		return bar, bar.finish
	}
	return &lineProgress{w: w, verb: verb, last: time.Now()}, func() {}
}

// tally has the counts that both displays show.
type tally struct{ things, bytes, allThings, allBytes int64 }

func (t *tally) found(things, bytes int64) { t.allThings += things; t.allBytes += bytes }
func (t *tally) done(bytes int64)          { t.things++; t.bytes += bytes }

// linePause is the least time between two lines of progress.
const linePause = 2 * time.Second

// lineProgress writes plain lines, for logs.
type lineProgress struct {
	tally
	w      io.Writer
	verb   string
	silent bool // show only what was skipped
	last   time.Time
}

func (p *lineProgress) Found(things, bytes int64) { p.found(things, bytes) }

func (p *lineProgress) Done(bytes int64) {
	p.done(bytes)
	if p.silent || time.Since(p.last) < linePause {
		return
	}
	p.last = time.Now()
	fmt.Fprintf(p.w, "%s %s of %s, %s of %s\n", p.verb, screen.Count(p.things), screen.Count(p.allThings),
		screen.Bytes(p.bytes), screen.Bytes(p.allBytes))
}

func (p *lineProgress) Skipped(item transfer.Item) { printSkipped(p.w, item, screen.Style{}) }

func printSkipped(w io.Writer, item transfer.Item, style screen.Style) {
	fmt.Fprintf(w, "%s %s: %s\n", style.Notice("skipped"), screen.Name(item.Name), item.Reason)
}

// barProgress draws a bar. Its total grows as more is found.
type barProgress struct {
	tally
	w     io.Writer
	verb  string
	bar   *progressbar.ProgressBar
	drawn time.Time
}

// barPause is the least time between two drawings: nobody would see more of them.
const barPause = 50 * time.Millisecond

func newBarProgress(w io.Writer, verb string) *barProgress {
	bar := progressbar.NewOptions64(1,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription(verb),
		progressbar.OptionFullWidth(),
		progressbar.OptionShowCount(),
		progressbar.OptionShowIts(),
		progressbar.OptionSetItsString("znodes"),
		progressbar.OptionUseANSICodes(true),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "█", SaucerPadding: "░", BarStart: "", BarEnd: ""}),
	)
	return &barProgress{w: w, verb: verb, bar: bar}
}

func (p *barProgress) Found(things, bytes int64) { p.found(things, bytes) }

func (p *barProgress) Done(bytes int64) {
	p.done(bytes)
	if time.Since(p.drawn) < barPause {
		return
	}
	p.drawn = time.Now()
	p.bar.Describe(fmt.Sprintf("%s %s", p.verb, screen.Bytes(p.bytes)))
	p.bar.ChangeMax64(max(p.allThings, p.things+1)) // a full bar is final, so it must not be full before the end
	_ = p.bar.Set64(p.things)
}

func (p *barProgress) Skipped(item transfer.Item) {
	_ = p.bar.Clear()
	printSkipped(p.w, item, screen.StyleFor(p.w))
}

// finish removes the bar from the terminal; the summary follows.
func (p *barProgress) finish() { _ = p.bar.Finish() }
