package zkasync

import (
	"context"
	"iter"

	"github.com/zkasync/zkasync-go/internal/feed"
)

// OnState calls fn on the client's handler for each state change from now on, in one sequence with completions and watch
// events (kazoo: add_listener). After remove, fn is not called again; a call in progress is not waited for. The current
// state is not reported: call State after this call.
func (c *Client) OnState(fn func(StateChange)) (remove func()) {
	l := &listener{fn: fn, removed: fn == nil}
	s := c.states
	s.mu.Lock()
	s.listeners = append(s.listeners, l)
	s.mu.Unlock()
	return func() { s.remove(l) }
}

// States returns a channel of all state changes from now on. None is lost, however slow the reader: changes that do not
// fit into the channel wait. The channel is closed when ctx is done, and after Closed when the client has stopped; at
// that moment changes beyond the channel's buffer of 64 are dropped, except that Closed always comes last. If the client
// is not started, the channel waits for the next start. The current state is not reported: call State after this call.
func (c *Client) States(ctx context.Context) <-chan StateChange {
	f := newStateFeed()
	s := c.states
	s.mu.Lock()
	s.feeds[f] = struct{}{}
	f.stopCtx = context.AfterFunc(orBackground(ctx), func() { s.drop(f) })
	s.mu.Unlock()
	return f.C()
}

// AllStates ranges, once, over all state changes from this call on, as States delivers them. The last pair carries the
// reason for the end: [ErrClosed] after Closed, or the cause of ctx.
func (c *Client) AllStates(ctx context.Context) iter.Seq2[StateChange, error] {
	ctx, leave := context.WithCancel(orBackground(ctx))
	all := feed.All(ctx, c.States(ctx), func() error { return ErrClosed })
	return func(yield func(StateChange, error) bool) {
		defer leave()
		all(yield)
	}
}
