package zkasync

import (
	"context"
	"fmt"

	"github.com/zkasync/zkasync-go/internal/mux"
	"github.com/zkasync/zkasync-go/internal/watch"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// watchHost is the client as the table of watches sees it.
type watchHost struct{ c *Client }

func (h watchHost) Submit(r mux.Request)  { h.c.submit(r) }
func (h watchHost) LastZxid() int64       { return h.c.lastZxid() }
func (h watchHost) Abort(why error)       { h.c.sink.Load().Abort(why) }
func (h watchHost) Unwatched(path string) { h.c.chrootChanged(path) }
func (h watchHost) Pause(n int, then func(error)) {
	h.c.pauses.add(context.Background(), h.c.cfg.retry.throttlePause(h.c.cfg.draw, n), then)
}

// watchErrors are this package's errors for the ends of watches.
var watchErrors = &watch.Errors{
	Ended:   watchEnded,
	Refused: func(op wire.OpCode, path string, code int32) error { return rejection(op.String(), path, code) },
	Hopeless: func(losses int, b mux.Blame, cause error) error {
		why := &GivenUpError{Losses: losses, Size: b.Size, Err: &lossError{cause}}
		return fmt.Errorf("%w, for it cannot be restored: %w", ErrWatchRemoved, why)
	},
	Loss:    ErrConnectionLoss,
	Expired: ErrSessionExpired,
	Removed: ErrWatchRemoved,
	Unknown: ErrUnimplemented,
}

// endWatches ends all watches: one-shots, then subscriptions, each in the order of their registration, then watched values in
// no order.
func (c *Client) endWatches(why error) {
	c.watches.End(why)
	for _, l := range c.lives.all() {
		l.end(why)
	}
}

func (c *Client) lastZxid() int64 {
	if m := c.sink.Load(); m != nil {
		return m.LastZxid()
	}
	return 0
}
