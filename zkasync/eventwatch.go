package zkasync

import (
	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/watch"
)

// eventWatch is a one-shot watch with its event.
type eventWatch struct {
	watch.OneShot
	promise future.Promise[Event]
}

// newEventWatch returns an eventWatch whose callbacks run on ex.
func newEventWatch(v *view, ex future.Executor, path string, kind watch.Kind) *eventWatch {
	w := &eventWatch{}
	w.promise.Init(ex)
	w.OneShot = watch.OneShot{Path: v.shared(path), Kind: kind, Waiter: w, Key: w.promise.Future()}
	if v.sub != "" || v.all {
		w.Waiter = &viewWatch{w, path}
	}
	return w
}

// Put implements watch.Waiter.
func (w *eventWatch) Put(e zk.Event, zxid int64) { w.promise.Resolve(eventOf(e, zxid)) }

// End implements watch.Waiter.
func (w *eventWatch) End(why error) { w.promise.Reject(why) }

// viewWatch is an eventWatch of a view, which has its own name for the path.
type viewWatch struct {
	*eventWatch
	path string
}

// Put implements watch.Waiter.
func (w *viewWatch) Put(e zk.Event, zxid int64) {
	e.Path = w.path
	w.eventWatch.Put(e, zxid)
}

// End implements watch.Waiter.
func (w *viewWatch) End(why error) {
	if e, ok := why.(*OpError); ok {
		why = watchEnded(w.path, e.Err)
	}
	w.eventWatch.End(why)
}
