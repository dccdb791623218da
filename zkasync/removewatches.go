package zkasync

import (
	"context"
	"fmt"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/mux"
	"github.com/zkasync/zkasync-go/internal/watch"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// WatcherType says which watches of a path [Client.RemoveWatches] removes.
type WatcherType int32

const (
	WatcherChildren WatcherType = WatcherType(wire.WatcherChildren) // one-shot watches of the list of children
	WatcherData     WatcherType = WatcherType(wire.WatcherData)     // one-shot watches of the data and of existence
	WatcherAny      WatcherType = WatcherType(wire.WatcherAny)      // these, and all subscriptions
)

// String returns the type's name.
func (t WatcherType) String() string {
	switch t {
	case WatcherChildren:
		return "WatcherChildren"
	case WatcherData:
		return "WatcherData"
	case WatcherAny:
		return "WatcherAny"
	default:
		return "WatcherType(invalid)"
	}
}

// kindsOf lists the one-shot watches of each type.
var kindsOf = map[WatcherType][]watch.Kind{
	WatcherChildren: {watch.Child},
	WatcherData:     {watch.Data, watch.Exist},
	WatcherAny:      {watch.Data, watch.Exist, watch.Child},
}

// removeWatchesRequest is RemoveWatches.
type removeWatchesRequest struct {
	op[future.Void]
	typ   WatcherType
	claim watch.Removal
}

// RemoveWatches removes watches of a path, at the server and in the client (servers since 3.5; kazoo has no equivalent).
// The events of one-shot watches fail with [ErrWatchRemoved], and so, with WatcherAny, do subscriptions of the path. It
// fails with [ErrNoWatcher] if neither the client nor the server has such a watch.
//
// It is an operation like any other: the watches end when the server's reply arrives, after all events that the server
// sent before it, and while Suspended it waits for the next connection. If it fails, nothing is removed.
//
// The server holds one watch per connection, path and type, so watches of libraries on Conn() are removed as well,
// without notice. A [Live] of the path sets its watch again. With a type other than WatcherAny, subscriptions of the
// path continue; since some servers remove part of their watch as well, it is set again and they get a resync, see
// [Event].
func (c *Client) RemoveWatches(ctx context.Context, path string, typ WatcherType) *future.Future[future.Void] {
	o := &removeWatchesRequest{typ: typ}
	o.init(&c.view, ctx, c.completion(path), wire.OpRemoveWatches, path)
	err := checkPath(path)
	if err == nil && kindsOf[typ] == nil {
		err = fmt.Errorf("unknown watcher type %d", typ)
	}
	if err != nil {
		o.refuse(err)
		return o.future()
	}
	o.claim = c.watches.Removal(c.view.shared(path), kindsOf[typ], typ == WatcherAny)
	return o.send(o)
}

func (o *removeWatchesRequest) Size() int { return o.pathSize() + 4 }

// Depart implements mux.Departing.
func (o *removeWatchesRequest) Depart() bool {
	o.claim.Depart()
	return true
}

func (o *removeWatchesRequest) Append(b []byte) []byte {
	return wire.AppendRemoveWatches(b, o.v.chroot, o.path, int32(o.typ))
}

func (o *removeWatchesRequest) Reply(code int32, _ []byte) {
	had := o.claim.Answered(code)
	if code != 0 && !(code == wire.CodeNoWatcher && had) {
		o.reject(code)
		return
	}
	o.promise.Resolve(future.Void{})
}

// Fail implements mux.Request.
func (o *removeWatchesRequest) Fail(f mux.Failure) {
	o.claim.Failed(f)
	o.op.Fail(f)
}
