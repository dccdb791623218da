package zkasync

import (
	"context"
	"fmt"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync/internal/mux"
	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
)

// WatcherType says which watches of a path [Client.RemoveWatches] is about.
type WatcherType int32

const (
	WatcherChildren WatcherType = WatcherType(wire.WatcherChildren) // one-shot watches of the list of children
	WatcherData     WatcherType = WatcherType(wire.WatcherData)     // one-shot watches of the data and of the existence
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
var kindsOf = map[WatcherType][]watchKind{
	WatcherChildren: {watchChild},
	WatcherData:     {watchData, watchExist},
	WatcherAny:      {watchData, watchExist, watchChild},
}

// removeWatches is RemoveWatches.
type removeWatches struct {
	op[future.Void]
	typ  WatcherType
	conn uint64 // the connection that it was encoded for, as persistentTable counts them; 0: it was not
}

// RemoveWatches removes watches of a path at the server and here (servers since 3.5; kazoo has no such thing). The events
// of one-shot watches fail with [ErrWatchRemoved], and so, with WatcherAny, do subscriptions of the path. It fails with
// [ErrNoWatcher] if there was no watch, neither here nor at the server.
//
// It is an operation like all others: the watches end when the server's answer comes, after all events that the server
// sent before it, and while Suspended it waits for the next connection. What fails with an error removes nothing.
//
// The server knows one watch for each connection, path and type, so watches of libraries on Conn() are removed as well, and
// are not told. A [Live] of the path sets its watch again. With another type than WatcherAny, subscriptions of the path go
// on; since some servers remove a part of their watch as well, it is set again and they get an [EventResync].
func (c *Client) RemoveWatches(ctx context.Context, path string, typ WatcherType) *future.Future[future.Void] {
	o := &removeWatches{typ: typ}
	o.init(&c.view, ctx, c.completion(path), wire.OpRemoveWatches, path)
	err := checkPath(path)
	if err == nil && kindsOf[typ] == nil {
		err = fmt.Errorf("unknown watcher type %d", typ)
	}
	if err != nil {
		o.refuse(err)
		return o.future()
	}
	return o.send(o)
}

func (o *removeWatches) Size() int { return o.pathSize() + 4 }

func (o *removeWatches) Append(b []byte) []byte {
	o.conn = o.v.c.watches.persistent.unplace(o.path)
	return wire.AppendRemoveWatches(b, o.v.chroot, o.path, int32(o.typ))
}

func (o *removeWatches) Reply(code int32, _ []byte) {
	c := o.v.c
	c.chrootChanged(o.path)
	if code != 0 && code != wire.CodeNoWatcher {
		if c.watches.persistent.unplaced(o.path) {
			c.submit(&rearm{c: c, path: o.path, resync: true}) // what the request did to the placement is not known
		}
		o.reject(code)
		return
	}
	ended := o.endLocal()
	if c.watches.persistent.unplaced(o.path) {
		c.submit(&rearm{c: c, path: o.path, resync: true})
	}
	if code != 0 && !ended {
		o.reject(code)
		return
	}
	o.promise.Resolve(future.Void{})
}

// Fail implements mux.Request. An attempt that was throttled and is not repeated has removed nothing, but reads have
// not relied on the persistent watch since, and theirs may have taken its place.
func (o *removeWatches) Fail(f mux.Failure) {
	if c := o.v.c; o.conn != 0 && f.Reason == mux.ReasonContext && c.watches.persistent.unplaced(o.path) {
		c.submit(&rearm{c: c, path: o.path, resync: true, conn: o.conn})
	}
	o.op.Fail(f)
}

// endLocal ends the client's watches; false if it had none.
func (o *removeWatches) endLocal() bool {
	t := &o.v.c.watches
	once := t.once.take(o.path, kindsOf[o.typ]...)
	for _, w := range once {
		w.promise.Reject(watchEnded(o.path, ErrWatchRemoved))
	}
	if o.typ != WatcherAny {
		return len(once) > 0
	}
	subs := t.persistent.takePath(o.path)
	for _, s := range subs {
		s.end(ErrWatchRemoved)
	}
	return len(once)+len(subs) > 0
}

// dropPlacement has the server remove the persistent watch of a path that nobody needs any more. Nobody waits for it.
func (c *Client) dropPlacement(path string) { c.submit(&dropWatch{c: c, path: path}) }

// dropWatch is that request.
type dropWatch struct {
	c    *Client
	path string
}

// withdrawn is the context of a request that is not needed any more.
var withdrawn = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

func (d *dropWatch) Op() wire.OpCode   { return wire.OpRemoveWatches }
func (d *dropWatch) Size() int         { return 8 + wire.PathLen(d.c.view.chroot, d.path) }
func (d *dropWatch) Fail(mux.Failure)  {}
func (d *dropWatch) stillNeeded() bool { return d.c.watches.persistent.isUnwanted(d.path) }

// Context lets the request go only if the placement is there and unwanted at the moment when it would be written: another
// subscription may have come, or another connection.
func (d *dropWatch) Context() context.Context {
	if d.stillNeeded() {
		return nil
	}
	return withdrawn
}

func (d *dropWatch) Append(b []byte) []byte {
	d.c.watches.persistent.unplace(d.path)
	return wire.AppendRemoveWatches(b, d.c.view.chroot, d.path, wire.WatcherAny)
}

// Reply sets the one-shot watches of the path again: their events came with the placement up to here, or the server has
// removed them along with it.
func (d *dropWatch) Reply(int32, []byte) {
	d.c.chrootChanged(d.path)
	d.c.watches.persistent.unplaced(d.path)
	if kinds, any := d.c.watches.once.at(d.path); any {
		d.c.submit(&rearm{c: d.c, path: d.path, kinds: kinds, zxid: d.c.lastZxid()})
	}
}

func (c *Client) lastZxid() int64 {
	if m := c.sink.Load(); m != nil {
		return m.LastZxid()
	}
	return 0
}
