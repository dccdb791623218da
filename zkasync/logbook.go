package zkasync

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/zkasync/zkasync-go/handler"
)

// maxLogLines bounds the lines that wait for a logger that does not return. Further lines are counted and dropped.
const maxLogLines = 1000

// logbook passes the client's log to the user's logger, on a goroutine of its own: a logger that writes to a pipe that
// nobody reads must hold up neither the connection nor the states. The zero value, without a logger, logs nothing.
type logbook struct {
	l       *slog.Logger
	h       handler.Handler
	lane    handler.Lane
	waiting atomic.Int64
	dropped atomic.Int64
}

func newLogbook(l *slog.Logger) *logbook {
	h := handler.NewSequential(handler.WithLogger(slog.New(slog.DiscardHandler))) // a logger that panics is not asked to report it
	return &logbook{l: l, h: h, lane: h.Lane(handler.Completion, "")}
}

func (b *logbook) start() error {
	if b.l == nil {
		return nil
	}
	return b.h.Start(nil)
}

// stop waits until all lines have been logged.
func (b *logbook) stop(ctx context.Context) error {
	if err := b.h.Stop(ctx); err != nil {
		return fmt.Errorf("the logger (WithLogger) does not return: %w", ctx.Err())
	}
	return nil
}

func (b *logbook) add(level slog.Level, msg string, args ...any) {
	if b.l == nil {
		return
	}
	if b.waiting.Add(1) > maxLogLines {
		b.waiting.Add(-1)
		b.dropped.Add(1)
		return
	}
	b.lane.Execute(&logLine{b, level, "zkasync: " + msg, args})
}

// logLine is a line of the log on its way.
type logLine struct {
	b     *logbook
	level slog.Level
	msg   string
	args  []any
}

func (n *logLine) Run() {
	defer n.b.waiting.Add(-1)
	if lost := n.b.dropped.Swap(0); lost > 0 {
		n.b.l.Warn("zkasync: lines of this log were dropped, since the logger was too slow", "lines", lost)
	}
	n.b.l.Log(context.Background(), n.level, n.msg, n.args...)
}

func (n *logLine) String() string { return "the logger (WithLogger)" }
