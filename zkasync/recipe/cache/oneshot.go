package cache

import (
	"errors"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// Servers before 3.6 have no recursive watches. With them, each read of a znode's data, or of its children, also sets a one-shot
// watch. When a watch fires, the cache reads again, which sets it again.

func (l *loop) askWatched(w *work) {
	if w.list {
		fly(l, l.client.ChildrenW(l.ctx, w.path), w, (*loop).listedWatched)
		return
	}
	fly(l, l.client.GetW(l.ctx, w.path), w, (*loop).gotWatched)
}

func (l *loop) gotWatched(w *work, r zkasync.Watched[zkasync.Node], err error) {
	if err == nil {
		l.await(w.key, r.Event)
	}
	if fateOf(err) == absent && w.path == l.root { // nothing else reports its creation
		fly(l, l.client.ExistsW(l.ctx, w.path), w, (*loop).checkedRoot)
		return
	}
	l.got(w, r.Value, err)
}

func (l *loop) listedWatched(w *work, r zkasync.Watched[zkasync.Children], err error) {
	if err == nil {
		l.await(w.key, r.Event)
	}
	l.listed(w, r.Value, err)
}

func (l *loop) checkedRoot(w *work, r zkasync.Watched[*zk.Stat], err error) {
	switch {
	case err != nil:
		l.got(w, zkasync.Node{}, err)
	case r.Value == nil:
		l.await(w.key, r.Event)
		l.got(w, zkasync.Node{}, zk.ErrNoNode)
	default: // it was created meanwhile
		l.client.Unwatch(r.Event)
		l.ask(w)
	}
}

// await makes the loop read k again when the watch fires.
func (l *loop) await(k key, event *future.Future[zkasync.Event]) {
	l.unwatch(k)
	l.watches[k] = event
	future.Then(future.Settle(event), func(rs []future.Result[zkasync.Event]) (future.Void, error) {
		l.inbox.post(func(l *loop) { l.fired(k, event, rs[0]) })
		return future.Void{}, nil
	})
}

func (l *loop) fired(k key, event *future.Future[zkasync.Event], r future.Result[zkasync.Event]) {
	if l.watches[k] != event || l.end != nil {
		return
	}
	delete(l.watches, k)
	switch {
	case r.Err != nil && fateOf(r.Err) == fatal:
		l.fail(r.Err)
		return
	case errors.Is(r.Err, zkasync.ErrSessionExpired) && l.gap == nil:
		l.startGap()
	}
	if k.list {
		l.want(k, false)
		return
	}
	l.touched(k.path, r.Value.Type, r.Value.Zxid)
}
