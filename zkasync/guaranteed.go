package zkasync

import (
	"context"
	"errors"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// Guaranteed makes a deletion go on in the background, through lost connections and expired sessions, until it is known that the
// znode is gone (Curator: guaranteed). The future tells when; nobody has to wait for it. It fails only if
//
//   - the server refuses the deletion: zk.ErrNotEmpty, zk.ErrBadVersion, zk.ErrNoAuth, or zk.ErrNoNode if the znode did
//     not exist in the first place, unless [Quietly] is given;
//   - ctx ends or the client is stopped, with [ErrClosed]; nothing goes on after that, not even if the client is started again;
//   - the session expires before it is known which znode it is, with [ErrSessionExpired].
//
// The outcome then says whether an attempt may have been applied. A deletion takes a round trip more, which finds out which
// znode it is: one that somebody creates at the same path later is left alone. To know that, the session must be allowed to
// read the znode, on servers since 3.8.4 and 3.9.2 (ZOOKEEPER-2590). It takes no goroutine, and pauses
// after the second lost connection in a row.
func Guaranteed() DeleteOption { return DeleteOption{func(s *deleteSpec) { s.guaranteed = true }} }

// guaranteedDelete is one deletion with Guaranteed. Its steps run one after another on whichever goroutine completes the step
// before.
type guaranteedDelete struct {
	c       *Client
	ctx     context.Context
	promise *future.Promise[future.Void]
	path    string
	version int32
	quiet   bool

	czxid    int64 // of the znode that is to go; 0: not known
	doubt    bool  // whether the znode that is to go was deleted by an earlier attempt is not known
	failures int   // in a row
}

func (c *Client) deleteGuaranteed(ctx context.Context, path string, version int32, quiet bool) *future.Future[future.Void] {
	ex := c.completion(path)
	g := &guaranteedDelete{c: c, path: path, version: version, quiet: quiet, promise: future.NewPromise[future.Void](ex)}
	g.ctx = observe(c.hooks, g.promise, ctx, ex, opDelete, path)
	if err := checkDeletable(path); err != nil {
		g.promise.Reject(refusal(opDelete, path, err))
	} else {
		g.look()
	}
	return g.promise.Future()
}

var opDelete = wire.OpDelete.String()

// look finds out whether the znode is there, on a server that has caught up with all that was accepted before.
func (g *guaranteedDelete) look() {
	synced := ask(&g.c.view, g.ctx, nil, syncKind, g.path)
	found := ask(&g.c.view, g.ctx, nil, existsKind, g.path)
	synced.OnDone(func(_ string, unsynced error) {
		found.OnDone(func(st *zk.Stat, err error) {
			if unsynced != nil {
				err = unsynced
			}
			g.looked(st, err)
		})
	})
}

func (g *guaranteedDelete) looked(st *zk.Stat, err error) {
	switch {
	case isNoAuth(err): // it exists, see isNoAuth
		g.remove()
	case err != nil:
		g.failed(err)
	case st == nil && g.czxid == 0 && !g.doubt && !g.quiet:
		missing := g.c.view.serverError(wire.CodeNoNode)
		g.promise.Reject(&OpError{Op: opDelete, Path: g.path, Outcome: OutcomeRejected, Err: missing})
	case st == nil, g.czxid != 0 && st.Czxid != g.czxid: // gone, or another one by now
		g.promise.Resolve(future.Void{})
	default:
		g.czxid, g.doubt = st.Czxid, false // nothing of an earlier connection can follow
		g.remove()
	}
}

func (g *guaranteedDelete) remove() {
	o := &deleteRequest{version: g.version}
	o.init(&g.c.view, g.ctx, nil, wire.OpDelete, g.path)
	o.repeat.idempotent = false // it must be looked first whether it is still the same znode
	o.send(o).OnDone(func(_ future.Void, err error) {
		g.doubt = g.doubt || isUnknown(err)
		if err == nil || isNoNode(err) {
			g.promise.Resolve(future.Void{})
			return
		}
		g.failed(err)
	})
}

// failed looks again if that may help.
func (g *guaranteedDelete) failed(err error) {
	lost := errors.Is(err, ErrConnectionLoss)
	expired := errors.Is(err, ErrSessionExpired) && g.czxid != 0
	waits := isThrottled(err) || errors.Is(err, ErrNotReadOnly)
	switch g.failures++; {
	case g.ctx != nil && g.ctx.Err() != nil && (lost || expired || waits):
		g.again(g.ctx.Err())
	case errors.Is(err, ErrClosed), errors.Is(err, ErrAuthFailed), !lost && !expired && !waits:
		g.promise.Reject(stepError(opDelete, g.path, err, g.doubt).doubted(g.doubt)) // what was refused may have been another znode
	case g.failures == 1 && !waits:
		g.look()
	default:
		g.c.pauses.add(g.ctx, g.c.cfg.retry.throttlePause(g.c.cfg.draw, g.failures), g.again)
	}
}

func (g *guaranteedDelete) again(why error) {
	if why == nil {
		g.look()
		return
	}
	g.promise.Reject(refusal(opDelete, g.path, why).doubted(g.doubt))
}
