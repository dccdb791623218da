package zkasync

import (
	"context"
	"errors"
	"fmt"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/handler"
	"github.com/zkasync/zkasync-go/internal/mux"
	"github.com/zkasync/zkasync-go/internal/watch"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// AddWatchMode is a kind of watch that stays after its first event.
type AddWatchMode int32

const (
	// Persistent watches one znode: its creation, data changes, its deletion, and its list of children.
	Persistent AddWatchMode = AddWatchMode(watch.Persistent)
	// PersistentRecursive watches a znode and everything below it: creations, data changes and deletions. There are no
	// events for lists of children, since each child has events of its own.
	PersistentRecursive AddWatchMode = AddWatchMode(watch.Recursive)
)

// String returns the mode's name.
func (m AddWatchMode) String() string {
	switch m {
	case Persistent:
		return "Persistent"
	case PersistentRecursive:
		return "PersistentRecursive"
	default:
		return "AddWatchMode(invalid)"
	}
}

// subscribeSpec is what the options of AddWatch set.
type subscribeSpec struct {
	coalesce bool
	limit    int
	fn       func(Event)
	live     watcher
}

// SubscribeOption is an option of [Client.AddWatch].
type SubscribeOption struct{ apply func(*subscribeSpec) error }

// DefaultCoalesceLimit is the default limit on the events that wait for a slow reader.
const DefaultCoalesceLimit = 1024

// maxBufferedEvents bounds what BufferEvents allocates.
const maxBufferedEvents = 1 << 20

// CoalesceEvents is the default rule for slow readers, with [DefaultCoalesceLimit]. Events that do not fit into the
// channel, which has room for 16, wait. Of two waiting events for the same path only the later one is kept, counting
// "children changed" separately. If more than limit events would wait, they are replaced by a single resync (see [Event])
// whose Err is [ErrSlowReader], followed by the last event.
func CoalesceEvents(limit int) SubscribeOption {
	return SubscribeOption{func(s *subscribeSpec) error {
		if limit < 1 {
			return fmt.Errorf("limit of %d waiting events is not positive", limit)
		}
		s.coalesce, s.limit = true, limit
		return nil
	}}
}

// BufferEvents makes the channel buffer up to limit events unchanged. One more event is kept as the last one; the
// subscription then ends with [ErrSlowReader].
func BufferEvents(limit int) SubscribeOption {
	return SubscribeOption{func(s *subscribeSpec) error {
		if limit < 1 || limit > maxBufferedEvents {
			return fmt.Errorf("limit of %d buffered events is not from 1 to %d", limit, maxBufferedEvents)
		}
		s.coalesce, s.limit = false, limit
		return nil
	}}
}

// OnEvent calls fn with each event instead of using the channel: on the client's handler, in one sequence with
// completions, other watch events and state changes, in the order in which the server sent them. As with all callbacks,
// calls queue up while one of them blocks; no rule for slow readers applies.
func OnEvent(fn func(Event)) SubscribeOption {
	return SubscribeOption{func(s *subscribeSpec) error {
		if fn == nil {
			return errors.New("event callback is nil")
		}
		s.fn = fn
		return nil
	}}
}

// addWatchRequest is the request of AddWatch. It may be sent several times, see WithRetry.
type addWatchRequest struct {
	op[*Subscription]
	sub   *Subscription
	claim watch.Placing
}

// AddWatch watches a path until the subscription is closed (ZOOKEEPER-1416, servers since 3.6; kazoo has no equivalent).
// The znode need not exist. The future completes once the server has set the watch; every later event goes to the
// [Subscription].
//
// A server without persistent watches closes the connection when it receives the request. The future then fails with
// [ErrUnimplemented], and so does every other AddWatch on that server, without a request, for an hour or until the
// client is restarted. The first such request to a server is sent while nothing else is in flight, so it costs a
// connection but no other operation's reply.
//
// A path may have any number of subscriptions as well as one-shot watches. The server holds one watch for all of them
// or, since 3.9, one per mode; closing the last subscription removes it. On older servers, a Persistent subscription
// beside a recursive one misses events that the recursive one does not receive, such as the creation of a child that the
// client may not read.
//
// The client does not know about watches set through Conn(). On servers before 3.9 (ZOOKEEPER-4466), such a watch on the
// path of a subscription replaces the subscription's watch at the server.
func (c *Client) AddWatch(ctx context.Context, path string, mode AddWatchMode, opts ...SubscribeOption) *future.Future[*Subscription] {
	o := &addWatchRequest{}
	o.init(&c.view, ctx, c.completion(path), wire.OpAddWatch, path)
	spec, err := newSubscribeSpec(opts)
	if err == nil {
		err = checkPath(path)
	}
	if err == nil && mode != Persistent && mode != PersistentRecursive {
		err = fmt.Errorf("unknown mode %d", mode)
	}
	if err != nil {
		o.refuse(err)
		return o.future()
	}
	return o.subscribe(mode, spec)
}

// addWatcher is AddWatch for a watcher that receives events on the connection's reader. The path is valid.
func (c *Client) addWatcher(ctx context.Context, path string, w watcher) *future.Future[*Subscription] {
	o := &addWatchRequest{}
	o.init(&c.view, ctx, nil, wire.OpAddWatch, path)
	return o.subscribe(Persistent, subscribeSpec{live: w})
}

func (o *addWatchRequest) subscribe(mode AddWatchMode, spec subscribeSpec) *future.Future[*Subscription] {
	if o.v.c.watches.Old() {
		o.refuse(ErrUnimplemented)
		return o.future()
	}
	o.sub = newSubscription(o.v.c, o.path, mode, spec)
	o.claim = o.v.c.watches.Place(&o.sub.listener)
	return o.send(o)
}

func newSubscribeSpec(opts []SubscribeOption) (subscribeSpec, error) {
	spec := subscribeSpec{coalesce: true, limit: DefaultCoalesceLimit}
	for _, o := range opts {
		if o.apply == nil {
			continue
		}
		if err := o.apply(&spec); err != nil {
			return spec, err
		}
	}
	return spec, nil
}

func (o *addWatchRequest) Size() int { return o.pathSize() + 4 }

// Depart keeps the request from a server that would end the connection because of it.
func (o *addWatchRequest) Depart() bool {
	if o.v.c.watches.Old() {
		return false
	}
	o.claim.Depart()
	return true
}

func (o *addWatchRequest) Append(b []byte) []byte {
	return wire.AppendAddWatch(b, o.v.chroot, o.path, int32(o.claim.Mode()))
}

func (o *addWatchRequest) Reply(code int32, _ []byte) {
	if code == 0 {
		o.claim.Placed(func() {
			o.sub.placed()
			o.promise.Resolve(o.sub)
		})
		return
	}
	o.claim.Refused(code)
	o.reject(code)
}

// unapplied withdraws the claim made by the encoding, because the request is sent again.
func (o *addWatchRequest) unapplied() { o.claim.Withdraw() }

func (o *addWatchRequest) Fail(f mux.Failure) {
	o.claim.Failed()
	if f.Reason == mux.ReasonNeedless {
		o.refuse(ErrUnimplemented)
		return
	}
	o.op.Fail(f)
}

// watchLane returns the lane for callbacks about watches of path.
func (c *Client) watchLane(path string) *lane { return c.lane(handler.Watch, path) }
