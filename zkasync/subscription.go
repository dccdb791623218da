package zkasync

import (
	"context"
	"iter"
	"sync/atomic"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/feed"
	"github.com/zkasync/zkasync-go/internal/watch"
)

// Subscription is a lasting watch, set by [Client.AddWatch]. It survives reconnects and the end of the session, and ends
// with Close, with [Client.RemoveWatches] of WatcherAny, with the client, or by its rule for slow readers. It is safe
// for concurrent use.
//
// Events carry the path without the chroot and arrive in the order in which the server sent them. They are read in one of
// three ways: from the channel of C, with range over All, which reads that channel, or by the callback of [OnEvent].
// With OnEvent, or as long as the channel has room, an event is delivered before the reply to any later request; events
// that wait for a slow reader follow when it makes room.
//
// A slow reader delays nothing else: see [CoalesceEvents] and [BufferEvents].
type Subscription struct {
	c      *Client
	path   string
	mode   AddWatchMode
	fn     func(Event) // nil: the channel
	lane   *lane       // of fn
	live   watcher     // nil: it is a user's
	feed   *feed.Feed[Event]
	closed atomic.Bool // by Close
	told   atomic.Bool // hooks are told of what becomes of it

	listener watch.Listener // whose sink it is
}

func newSubscription(c *Client, path string, mode AddWatchMode, spec subscribeSpec) *Subscription {
	s := &Subscription{c: c, path: path, mode: mode, fn: spec.fn, live: spec.live, lane: c.watchLane(path), feed: newEventFeed(&c.workers, path, spec)}
	s.listener = watch.Listener{Path: c.view.shared(path), Mode: watch.Mode(mode), Sink: (*subscriptionSink)(s)}
	return s
}

// subscriptionSink is a subscription as the table of watches sees it.
type subscriptionSink Subscription

func (k *subscriptionSink) Put(e zk.Event, zxid int64) {
	e.Path = k.c.view.own(e.Path)
	(*Subscription)(k).put(eventOf(e, zxid))
}

func (k *subscriptionSink) Resync(why error) { (*Subscription)(k).put(resyncEvent(k.path, why)) }
func (k *subscriptionSink) End(why error)    { (*Subscription)(k).end(why) }

// Path returns the watched path.
func (s *Subscription) Path() string { return s.path }

// Mode returns the mode of the watch.
func (s *Subscription) Mode() AddWatchMode { return s.mode }

// C returns the channel of events, the same one for each call. It is closed after the last event when the subscription
// has ended; Err then says why. At that moment events that do not fit into the channel are dropped, except that the last
// one is always kept. With a callback the channel carries nothing, but is still closed.
func (s *Subscription) C() <-chan Event { return s.feed.C() }

// All ranges over the channel of C until it is closed or ctx is done. The last pair carries the reason, that of Err or of
// ctx. Leaving the loop does not end the subscription.
func (s *Subscription) All(ctx context.Context) iter.Seq2[Event, error] {
	return feed.All(ctx, s.C(), s.Err)
}

// Done returns a channel that is closed when the subscription has ended.
func (s *Subscription) Done() <-chan struct{} { return s.feed.Done() }

// Err returns why the subscription has ended, or nil if it has not: [ErrWatchRemoved] after Close and RemoveWatches,
// [ErrClosed] after the client's Close, [ErrSlowReader], [ErrUnimplemented] after a move to a server that does not know
// persistent watches, or [ErrAuthFailed].
func (s *Subscription) Err() error { return s.feed.Err() }

// Close ends the subscription at once. With a callback, events whose call has not started are dropped; otherwise events in
// the channel, and waiting ones that still fit into it, can be received, see C.
//
// Closing the last subscription of a path tells the server to remove the watch, without waiting for it. One-shot watches
// of the client on that path are set again, but those of libraries on Conn() are lost with it. A one-shot watch set on
// the path meanwhile may fire for a change that its value already includes; none misses a change.
func (s *Subscription) Close() {
	s.closed.Store(true)
	s.end(ErrWatchRemoved)
	s.c.watches.Remove(&s.listener)
}

func (s *Subscription) end(err error) {
	if s.told.Swap(false) {
		s.watchStep(WatchLost, Event{}, watchEnded(s.path, err))
	}
	s.feed.End(watchEnded(s.path, err))
	if s.live != nil {
		s.live.unwatched(s, err)
	}
}

// watcher is the part of the client that owns a subscription. It is called on the connection's reader, with no lock held.
type watcher interface {
	changed(e Event)
	unwatched(s *Subscription, why error)
}

// put delivers one event. It is called on the connection's reader only.
func (s *Subscription) put(e Event) {
	s.eventStep(e)
	if s.live != nil {
		s.live.changed(e)
		return
	}
	if s.fn != nil {
		s.lane.Execute(&eventCall{s, e})
		return
	}
	if s.feed.Put(e) {
		return
	}
	s.end(ErrSlowReader)
	s.c.watches.Remove(&s.listener)
}

// eventCall is a call of a subscription's callback on its way through the handler.
type eventCall struct {
	s *Subscription
	e Event
}

func (n *eventCall) Run() {
	if !n.s.closed.Load() {
		n.s.fn(n.e)
	}
}

// String names the callback for reports about it.
func (n *eventCall) String() string { return "OnEvent callback for " + printable(n.s.path) }
