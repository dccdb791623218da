package recipe

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// claim is an attempt to get something: a znode that stands in a queue until it is first, or until the attempt is given up.
// Its steps run one after the other, each when the previous one has completed; its context may end at any time.
type claim struct {
	c    *zkasync.Client
	cfg  config
	op   string // the operation's name in errors
	dir  string // the znode whose children queue
	role role
	data []byte
	try  bool                                   // do not wait
	most int                                    // how many may hold it at once, for a semaphore; 0: one at a time, in their order
	as   int64                                  // the fence; 0: the znode's own
	done func()                                 // called once at the end of what was held, or of the attempt
	make func() *future.Future[zkasync.Created] // if not nil, creates the znode in another way
	made string                                 // where make creates it

	ctx     context.Context
	unwatch func() bool
	promise *future.Promise[*Held]
	clean   *future.Promise[future.Void] // completes when no znode is left

	mu    sync.Mutex
	ended bool                          // the promise is complete
	own   zkasync.Created               // the znode, once there is one
	mine  *future.Future[zkasync.Event] // the watch of its own znode
	other *future.Future[zkasync.Event] // the watch of the znode in front
	held  *Held
}

// begin starts the attempt. Callbacks of the future run on the client's handler.
func (q *claim) begin() *future.Future[*Held] {
	q.promise, q.clean = future.NewPromise[*Held](nil), future.NewPromise[future.Void](nil)
	if q.cfg.err != nil {
		q.done()
		return failed[*Held](q.c, q.op, q.dir, q.cfg.err)
	}
	q.ctx = core.OrBackground(q.ctx)
	made := q.create()
	q.mu.Lock()
	q.unwatch = q.c.AfterFunc(q.ctx, func() { q.fail(context.Cause(q.ctx)) })
	q.mu.Unlock()
	then(made, q.created)
	return core.OnHandler(q.c, q.promise.Future())
}

// create creates the znode.
func (q *claim) create() *future.Future[zkasync.Created] {
	if q.make != nil {
		return q.make()
	}
	opts := q.cfg.createOptions(zkasync.Ephemeral(), zkasync.Sequential(), zkasync.ProtectedPrefix(q.role.prefix()))
	return core.Retry(q.ctx, q.c, quorate(q.c, func(ctx context.Context) *future.Future[zkasync.Created] {
		return q.c.Create(ctx, core.Join(q.dir, q.role.name), q.data, opts...)
	}))
}

// again joins the queue once more, at its end: as far as is known, the znode own is gone. What was held by it is over.
func (q *claim) again(own string) {
	q.mu.Lock()
	current, ended, h := own != "" && q.own.Path == own, q.ended, q.held
	if current && !ended {
		q.own, q.mine = zkasync.Created{}, nil
	}
	q.mu.Unlock()
	switch {
	case !current:
	case h != nil:
		h.end(ErrDeleted)
	case !ended:
		q.forget()
		q.remove(own)
		then(q.create(), q.created)
	}
}

// created continues after the znode was created, or could not be.
func (q *claim) created(made zkasync.Created, err error) {
	q.mu.Lock()
	ended := q.ended
	if err == nil {
		q.own = made
	}
	q.mu.Unlock()
	switch {
	case err == nil && ended:
		then(q.remove(made.Path), q.cleaned)
	case err == nil:
		q.look(made.Path)
	case !ended && q.ctx.Err() == nil && isNotMade(err):
		then(q.create(), q.created)
	case !ended && q.ctx.Err() == nil && core.IsUnlucky(err): // of a create that may have left a znode
		then(q.sweep(err), q.swept)
	default:
		if q.ctx.Err() != nil {
			q.fail(context.Cause(q.ctx))
		} else {
			q.fail(err)
		}
		then(q.sweep(err), q.cleaned)
	}
}

// swept creates the znode again after nothing was left of the previous one, or gives up.
func (q *claim) swept(_ future.Void, err error) {
	if err == nil {
		then(q.create(), q.created)
		return
	}
	q.fail(err)
	q.cleaned(future.Void{}, err)
}

// sweep removes the znode of a create whose outcome could not be found out.
func (q *claim) sweep(made error) *future.Future[future.Void] {
	var unknown *zkasync.ProtectedError
	switch {
	case q.made != "":
		return q.remove(q.made)
	case !errors.As(made, &unknown):
		return future.Resolved(future.Void{})
	}
	return discard(q.c, q.dir, func(ctx context.Context) *future.Future[future.Void] {
		q.c.Sync(ctx, q.dir) // so that this server has it, if it was created
		return future.FlatMap(q.c.Children(ctx, q.dir), func(l zkasync.Children) *future.Future[future.Void] {
			for _, name := range l.Names {
				if strings.HasPrefix(name, unknown.Prefix) {
					return q.remove(core.Join(q.dir, name))
				}
			}
			return future.Resolved(future.Void{})
		})
	})
}

// isNotMade reports whether a create failed because of a connection or a session that is over, and left no znode: only the
// fate of its parents is unknown then. A znode that was created and has been deleted since counts as none.
func isNotMade(err error) bool {
	var unknown *zkasync.ProtectedError
	switch {
	case over(err), isGivenUp(err):
		return false
	case errors.Is(err, zkasync.ErrSessionExpired):
		return true // and what may have been created is gone with it
	case errors.As(err, &unknown):
		return core.IsNoNode(err)
	default:
		return errors.Is(err, zkasync.ErrConnectionLoss) || errors.Is(err, zkasync.ErrNotReadOnly)
	}
}

// acquired creates the Held, if the session that the znode belongs to is alive.
func (q *claim) acquired(own zkasync.Created) {
	lease, release := q.cfg.lease.scope(q.c)
	cause := context.Cause(lease)
	switch {
	case q.c.Session().ID != own.Stat.EphemeralOwner: // the znode will be deleted with its session (CURATOR-620)
		release()
		q.again(own.Path)
		return
	case over(cause):
		release()
		q.fail(cause)
		return
	case cause != nil: // the connection has been lost meanwhile
		release()
		q.look(own.Path)
		return
	}
	q.mu.Lock()
	stale := q.ended || q.own.Path != own.Path
	if !stale {
		q.ended = true
		q.held = newHeld(q, own, lease, release)
	}
	q.mu.Unlock()
	if stale {
		release()
		return
	}
	q.unwatch()
	q.promise.Resolve(q.held)
}

// fail ends the attempt, unless it has ended, and deletes its znode.
func (q *claim) fail(err error) {
	q.mu.Lock()
	ended := q.ended
	q.ended = true
	own, mine := q.own.Path, q.mine
	q.mu.Unlock()
	if ended {
		return
	}
	q.forget()
	if mine != nil {
		q.c.Unwatch(mine)
	}
	if own != "" {
		then(q.remove(own), q.cleaned)
	}
	q.unwatch()
	q.done()
	q.promise.Reject(&Error{Op: q.op, Path: q.dir, Err: err, Removed: q.clean.Future()})
}

// remove deletes our znode in the background. It completes when the znode is gone, or will be with its session.
func (q *claim) remove(path string) *future.Future[future.Void] {
	return discard(q.c, path, func(ctx context.Context) *future.Future[future.Void] {
		return q.c.Delete(ctx, path, zkasync.AnyVersion)
	})
}

// discard deletes something in the background, however often the connection is lost. A znode that is gone, or will be with
// its session, counts as deleted.
func discard(c *zkasync.Client, path string, del func(context.Context) *future.Future[future.Void]) *future.Future[future.Void] {
	gone := core.Retry(marked, c, quorate(c, func(context.Context) *future.Future[future.Void] { return del(context.Background()) }))
	return future.Transform(gone, func(_ future.Void, err error) *future.Future[future.Void] {
		switch {
		case isVoid(c, err):
			return future.Transform(core.Pause(context.Background(), c, quorumPause), func(future.Void, error) *future.Future[future.Void] {
				return discard(c, path, del)
			})
		case err == nil, core.IsNoNode(err), errors.Is(err, zkasync.ErrSessionExpired), over(err):
			return nothing
		default:
			return future.Failed[future.Void](&Error{Op: "delete", Path: path, Err: err})
		}
	})
}

func isGivenUp(err error) bool {
	var e *zkasync.GivenUpError
	return err != nil && errors.As(err, &e)
}

// cleaned records that the attempt has left no znode, or that this is unknown.
func (q *claim) cleaned(_ future.Void, err error) {
	if err != nil {
		q.clean.Reject(err)
		return
	}
	q.clean.Resolve(future.Void{})
}

// base returns the last name of a path.
func base(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
