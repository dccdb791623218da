package recipe

import (
	"context"
	"errors"
	"fmt"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// Semaphore is a lock with a number of places (Curator: InterProcessSemaphoreV2, on the same path as well). kazoo's
// Semaphore has another layout, which cannot be mixed with this one. All users of a path have to agree on the number. It
// is safe for concurrent use, and each Acquire asks for one more place.
type Semaphore struct {
	c    *zkasync.Client
	path string
	most int
	cfg  config
}

// NewSemaphore returns a semaphore at path, which is created if it is missing. Nothing is sent.
func NewSemaphore(c *zkasync.Client, path string, most int, opts ...Option) *Semaphore {
	s := &Semaphore{c: c, path: path, most: most, cfg: newConfig(opts)}
	if most < 1 && s.cfg.err == nil {
		s.cfg.err = fmt.Errorf("a semaphore for %d: want at least 1", most)
	}
	return s
}

// Acquire waits for one of the places, as long as it takes, across lost connections and sessions, in the order of
// the calls. If ctx is done first, the future fails with its cause, and nothing is left behind. [Held.Unlock] gives the
// place back.
//
// The next in line holds a lock while it waits for a place, so that two waiters do not count each other.
func (s *Semaphore) Acquire(ctx context.Context) *future.Future[*Held] {
	if s.cfg.err != nil {
		return failed[*Held](s.c, "acquire", s.path, s.cfg.err)
	}
	a := &acquisition{s: s, ctx: core.OrBackground(ctx), promise: future.NewPromise[*Held](nil)}
	a.lock()
	return core.OnHandler(s.c, a.promise.Future())
}

// acquisition is one call of Acquire.
type acquisition struct {
	s       *Semaphore
	ctx     context.Context
	promise *future.Promise[*Held]
}

func (a *acquisition) claim(ctx context.Context, dir string, r role) *claim {
	s := a.s
	return &claim{c: s.c, cfg: s.cfg, op: "acquire", dir: core.Join(s.path, dir), role: r, data: []byte(s.cfg.id), ctx: ctx, done: func() {}}
}

// lock waits for the turn.
func (a *acquisition) lock() {
	then(a.claim(a.ctx, "locks", a.s.cfg.naming.mutex()).begin(), func(turn *Held, err error) {
		if err != nil {
			a.promise.Reject(err)
			return
		}
		a.place(turn)
	})
}

// place waits for a place. If the turn is lost meanwhile, everything starts again.
func (a *acquisition) place(turn *Held) {
	waiting, cancel := context.WithCancelCause(a.ctx)
	unlink := a.s.c.AfterFunc(turn.Context(), func() { cancel(errTurnLost) })
	q := a.claim(waiting, "leases", role{name: leaseName})
	q.most = a.s.most
	then(q.begin(), func(held *Held, err error) {
		unlink()
		turnLost := context.Cause(waiting) == errTurnLost
		unlocked := turn.Unlock()
		cancel(nil)
		switch {
		case err == nil:
			a.promise.Resolve(held)
		case turnLost && a.ctx.Err() == nil:
			a.lock()
		default:
			a.promise.Reject(a.both(err, unlocked))
		}
	})
}

// both makes Removed of an attempt wait for the znode of its turn as well. A caller that has given up is told so, and not
// that the turn was lost meanwhile.
func (a *acquisition) both(err error, unlocked *future.Future[future.Void]) error {
	var e *Error
	if !errors.As(err, &e) || e.Removed == nil {
		return err
	}
	all := *e
	if all.Err == errTurnLost {
		all.Err = context.Cause(a.ctx)
	}
	all.Removed = future.Then(future.All(e.Removed, unlocked), func([]future.Void) (future.Void, error) { return future.Void{}, nil })
	return &all
}

// leaseName is the name that Curator uses.
const leaseName = "lease-"

var errTurnLost = errors.New("the turn to take a place was lost")
