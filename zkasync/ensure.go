package zkasync

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// ensureTries bounds how often EnsurePath starts again because others delete what it created.
const ensureTries = 100

// EnsurePath creates path and those of its parents that do not exist, without data, and returns path. It takes one round
// trip if path exists and two if it does not, whatever the depth. Others may create and delete at the same time: znodes
// that they create count, and if they delete a parent EnsurePath starts again. It takes the options WithACL and Container,
// which apply to every znode that it creates, and refuses all others. With a chroot, EnsurePath of "/" creates the chroot.
// (kazoo: ensure_path.)
//
// If it fails, some of the parents may have been created.
func (c *Client) EnsurePath(ctx context.Context, path string, opts ...CreateOption) *future.Future[string] {
	spec, err := c.createSpec(opts)
	if err == nil {
		err = firstError(checkPath(path), spec.checkEnsure())
	}
	if err != nil {
		ex := c.completion(path)
		p := future.NewPromise[string](ex)
		observe(c.hooks, p, ctx, ex, opEnsure, path)
		p.Reject(refusal(opEnsure, path, err))
		return p.Future()
	}
	return c.ensure(ctx, c.completion(path), path, spec)
}

const opEnsure = "ensure path"

func (s *createSpec) checkEnsure() error {
	if s.ephemeral || s.sequential || s.hasTTL || s.parents || s.protected {
		return fmt.Errorf("%w: EnsurePath takes WithACL and Container only", zk.ErrInvalidFlags)
	}
	return nil
}

// ensurePath is one EnsurePath. Its steps run on the goroutine that completes the step before, one at a time.
type ensurePath struct {
	v       *view // of the server's whole tree, since the chroot is created as well
	ctx     context.Context
	promise *future.Promise[string]
	path    string // as passed to the call
	spec    createSpec
	levels  []string // from the first name to the whole path
	missing []string // of levels
	tries   int
	applied bool // something has been created
}

func (c *Client) ensure(ctx context.Context, ex future.Executor, path string, spec createSpec) *future.Future[string] {
	e := &ensurePath{v: &c.whole, ctx: ctx, path: path, spec: spec}
	e.promise = future.NewPromise[string](ex)
	e.ctx = observe(c.hooks, e.promise, ctx, ex, opEnsure, path)
	e.levels = levelsOf(wire.FullPath(c.view.chroot, path))
	e.look()
	return e.promise.Future()
}

// levelsOf splits "/a/b" into "/a" and "/a/b".
func levelsOf(path string) []string {
	var levels []string
	for i := 1; i < len(path); i++ {
		if path[i] == '/' {
			levels = append(levels, path[:i])
		}
	}
	return append(levels, path)
}

// look queries all levels at once.
func (e *ensurePath) look() {
	e.tries++
	if len(e.levels) == 0 {
		e.promise.Resolve(e.path)
		return
	}
	asked := make([]*future.Future[*zk.Stat], len(e.levels))
	for i, level := range e.levels {
		asked[i] = ask(e.v, e.ctx, nil, existsKind, level)
	}
	future.Settle(asked...).OnDone(e.looked)
}

func (e *ensurePath) looked(found []future.Result[*zk.Stat], _ error) {
	if whole := found[len(found)-1]; whole.Value != nil || isNoAuth(whole.Err) {
		e.promise.Resolve(e.path)
		return
	}
	e.missing = nil
	for i, f := range found {
		switch {
		case isNoAuth(f.Err): // it exists, see isNoAuth
		case f.Err != nil:
			e.fail(f.Err)
			return
		case f.Value == nil:
			e.missing = append(e.missing, e.levels[i])
		}
	}
	e.create()
}

// isNoAuth reports whether the server denied permission. Since 3.8.4 and 3.9.2 servers do so even for exists
// (ZOOKEEPER-2590), but only if the znode exists; otherwise they say that it does not.
func isNoAuth(err error) bool { return errors.Is(err, zk.ErrNoAuth) }

// create creates everything that is missing, without waiting in between.
func (e *ensurePath) create() {
	made := make([]*future.Future[Created], len(e.missing))
	for i, level := range e.missing {
		made[i] = e.v.create(e.ctx, nil, level, nil, e.spec)
	}
	future.Settle(made...).OnDone(e.created)
}

// created judges by the whole path: if it exists, whoever created it, a parent that could not be created does not matter.
func (e *ensurePath) created(made []future.Result[Created], _ error) {
	var failure, last error
	for _, m := range made {
		last = m.Err
		switch {
		case m.Err == nil:
			e.applied = true
		case errors.Is(m.Err, zk.ErrNodeExists):
			last = nil // created by somebody else
		case failure == nil:
			failure = m.Err
		}
	}
	switch {
	case last == nil:
		e.promise.Resolve(e.path)
	case isNoNode(last) && isNoNode(failure) && e.tries < ensureTries:
		e.look() // a parent has been deleted meanwhile
	default:
		e.fail(failure)
	}
}

func (e *ensurePath) fail(err error) {
	var step *OpError
	if errors.As(err, &step) {
		step.Path = e.v.c.view.strip(step.Path)
	}
	e.promise.Reject(stepError(opEnsure, e.path, err, e.applied))
}
