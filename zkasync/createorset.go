package zkasync

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// CreatedOrSet is the result of [Client.CreateOrSet].
type CreatedOrSet struct {
	// Created says that the znode was created. Otherwise it existed, and its data was set. A create that was repeated because
	// its first outcome was unknown ([MarkIdempotent]) may count as a set.
	Created bool
	Stat    zk.Stat // of the znode afterwards
}

// CreateOrSet sets a znode's data whatever its version, or creates the znode with that data if it does not exist (Curator:
// create().orSetData()). It takes one round trip if the znode exists and two if it does not. Others may create and delete the
// znode at the same time: CreateOrSet tries again until a set or a create succeeds. Since its steps are ordered one by one,
// operations submitted later may overtake the second one.
//
// The options are those of a create and apply only if the znode is created: an existing one keeps its kind, its owner and
// its access control list. Sequential and Protected, which always create a znode, are refused. The data is copied. The usual
// rejections are zk.ErrNoNode (the parent does not exist, and [MakeParents] is not given) and zk.ErrNoAuth.
func (c *Client) CreateOrSet(ctx context.Context, path string, data []byte, opts ...CreateOption) *future.Future[CreatedOrSet] {
	ex := c.completion(path)
	s := &createOrSet{c: c, path: path, promise: future.NewPromise[CreatedOrSet](ex)}
	s.ctx = observe(c.hooks, s.promise, ctx, ex, opCreateOrSet, path)
	var err error
	if s.spec, err = c.createSpec(opts); err == nil {
		err = firstError(checkPath(path), s.spec.checkOrSet())
	}
	if err != nil {
		s.promise.Reject(refusal(opCreateOrSet, path, err))
		return s.promise.Future()
	}
	s.data = bytes.Clone(data)
	s.set()
	return s.promise.Future()
}

const (
	opCreateOrSet = "create or set"
	// createOrSetTries bounds how often CreateOrSet starts again because others delete the znode before it is set and create it
	// before it is created.
	createOrSetTries = 100
)

func (s *createSpec) checkOrSet() error {
	if s.sequential || s.protected {
		return fmt.Errorf("%w: CreateOrSet takes no Sequential or Protected", zk.ErrInvalidFlags)
	}
	return nil
}

// createOrSet is one CreateOrSet. Its steps run on the goroutine that completes the step before.
type createOrSet struct {
	c       *Client
	ctx     context.Context
	promise *future.Promise[CreatedOrSet]
	path    string
	data    []byte
	spec    createSpec
	tries   int
	applied bool // the parents may have been created
	doubt   bool // the data may have been written by an attempt whose outcome is unknown
}

func (s *createOrSet) set() {
	s.tries++
	o := &setRequest{data: s.data, version: AnyVersion}
	o.init(&s.c.view, s.ctx, nil, wire.OpSetData, s.path)
	o.send(o).OnDone(func(st zk.Stat, err error) {
		switch {
		case err == nil:
			s.promise.Resolve(CreatedOrSet{Stat: st})
		case isNoNode(err):
			s.doubt = s.doubt || isUnknown(err)
			s.create()
		default:
			s.fail(err)
		}
	})
}

func (s *createOrSet) create() {
	s.c.view.create(s.ctx, nil, s.path, s.data, s.spec).OnDone(func(made Created, err error) {
		switch {
		case err == nil:
			s.promise.Resolve(CreatedOrSet{Created: true, Stat: made.Stat})
		case errors.Is(err, zk.ErrNodeExists) && s.tries < createOrSetTries:
			s.doubt = s.doubt || isUnknown(err)
			s.set()
		case isNoNode(err) && s.spec.parents && s.tries < createOrSetTries:
			s.c.ensure(s.ctx, nil, wire.ParentOf(s.path), createSpec{acl: s.spec.acl}).OnDone(s.parentsMade)
		default:
			s.fail(err)
		}
	})
}

func (s *createOrSet) parentsMade(_ string, err error) {
	s.applied = true
	if err != nil {
		s.fail(err)
		return
	}
	s.tries++
	s.create()
}

func (s *createOrSet) fail(err error) {
	s.promise.Reject(stepError(opCreateOrSet, s.path, err, s.applied).doubted(s.doubt))
}
