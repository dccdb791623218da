package zkasync

import (
	"context"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// steppedCreate is Create with MakeParents or Protected. Its steps run one after another on whichever goroutine completes
// the step before.
type steppedCreate struct {
	c       *Client
	ctx     context.Context
	promise *future.Promise[Created]
	asked   string // as passed to the call
	path    string // as sent, with the protection's prefix
	prefix  string // of the znode's name, "" if not protected
	data    []byte
	spec    createSpec
	applied bool // its parents may have been created
	doubt   bool // the znode itself may have been created, and deleted with its parent since
	pauses  int  // pauses so far after throttled requests

	making, looking suspicion // of the create, and of the reads after it
}

func (c *Client) createInSteps(ctx context.Context, path string, data []byte, spec createSpec) *future.Future[Created] {
	s := &steppedCreate{c: c, ctx: ctx, asked: path, path: path, data: data, spec: spec}
	ex := c.completion(path)
	s.promise = future.NewPromise[Created](ex)
	_, code := spec.mode()
	s.ctx = observe(c.hooks, s.promise, ctx, ex, code.String(), path)
	if spec.protected {
		s.prefix, s.path = protect(path, spec.prefix)
	}
	s.create()
	return s.promise.Future()
}

func (s *steppedCreate) create() {
	s.c.view.create(s.ctx, nil, s.path, s.data, s.spec).OnDone(s.created)
}

func (s *steppedCreate) created(made Created, err error) {
	switch {
	case err == nil:
		s.promise.Resolve(made)
	case s.spec.parents && isNoNode(err):
		s.doubt = s.doubt || isUnknown(err)
		parent := wire.ParentOf(s.path)
		s.c.ensure(s.ctx, nil, parent, createSpec{acl: s.spec.acl}).OnDone(s.parentsMade)
	case s.spec.protected && isUnknown(err):
		if end := s.making.lostWith(err); end != nil {
			s.abandon(end)
			return
		}
		s.search()
	default:
		s.fail(err)
	}
}

func (s *steppedCreate) parentsMade(_ string, err error) {
	if err != nil {
		s.fail(err)
		return
	}
	s.applied = true
	s.create()
}

// fail replaces the name and path in a step's error with those of the call.
func (s *steppedCreate) fail(err error) {
	s.promise.Reject(stepError("create", s.asked, err, s.applied).doubted(s.doubt))
}
