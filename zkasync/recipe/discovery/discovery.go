package discovery

import (
	"context"
	"errors"
	"slices"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// Discovery gives access to the services below a path (Curator: ServiceDiscovery). It is safe for concurrent use.
type Discovery struct {
	c    *zkasync.Client
	base string
	acl  []zk.ACL // nil: the client's
}

// Option is an option of [New].
type Option struct{ apply func(*Discovery) }

// WithACL sets the access control list of znodes and parents that are created; the default is the client's. Clients that
// look for services must be able to list and read them.
func WithACL(acl []zk.ACL) Option {
	acl = append([]zk.ACL{}, acl...)
	return Option{func(d *Discovery) { d.acl = acl }}
}

// New returns the services below base, which Curator calls the base path. Nothing is sent.
func New(c *zkasync.Client, base string, opts ...Option) *Discovery {
	d := &Discovery{c: c, base: base}
	for _, o := range opts {
		if o.apply != nil {
			o.apply(d)
		}
	}
	return d
}

// Service is a service with its instances.
type Service struct {
	Name string
	// Instances are sorted by the names of their znodes, and include disabled ones.
	Instances []Instance
	// Skipped are the znodes that are not instances, or may not be read.
	Skipped []Skipped
}

// Skipped is a znode that is not an instance, although it is where instances are.
type Skipped struct {
	Path string
	Err  error // ErrMalformed, or a server's refusal such as zk.ErrNoAuth
}

// isRefusal reports whether a read failed because of the znode itself, for example because a permission is missing or it is
// too large, and not because of the connection.
func isRefusal(err error) bool {
	var op *zkasync.OpError
	var size *zkasync.ReplySizeError
	var poison *zkasync.GivenUpError
	return errors.As(err, &op) && op.Outcome == zkasync.OutcomeRejected || errors.As(err, &size) || errors.As(err, &poison)
}

// path returns the path of a service.
func (d *Discovery) path(name string) string { return core.Join(d.base, name) }

func fails[T any](d *Discovery, op, path string, err error) *future.Future[T] {
	return core.OnHandler(d.c, future.Failed[T](&recipe.Error{Op: op, Path: path, Err: err}))
}

// Names returns the sorted names of all services (Curator: queryForNames). They include services without instances, as long
// as their znodes exist.
func (d *Discovery) Names(ctx context.Context) *future.Future[[]string] {
	return d.list(ctx, d.base)
}

// list returns the sorted names of the children of a path, or none if the path does not exist.
func (d *Discovery) list(ctx context.Context, path string) *future.Future[[]string] {
	list := future.Then(d.c.Children(ctx, path), func(l zkasync.Children) ([]string, error) {
		slices.Sort(l.Names)
		return l.Names, nil
	})
	return future.Recover(list, func(err error) ([]string, error) {
		if core.IsNoNode(err) {
			err = nil
		}
		return nil, err
	})
}

// Service returns a service with its current instances (Curator: queryForInstances). A service that does not exist has
// no instances. An instance that is deleted while they are read is left out.
func (d *Discovery) Service(ctx context.Context, name string) *future.Future[Service] {
	if err := checkName("a service", name); err != nil {
		return fails[Service](d, "look up", d.path(name), err)
	}
	return future.FlatMap(d.list(ctx, d.path(name)), func(ids []string) *future.Future[Service] {
		reads := make([]*future.Future[zkasync.Node], len(ids))
		for i, id := range ids {
			reads[i] = d.c.Get(ctx, core.Join(d.path(name), id))
		}
		return future.Then(future.Settle(reads...), func(rs []future.Result[zkasync.Node]) (Service, error) {
			s := Service{Name: name}
			for i, r := range rs {
				if r.Err != nil && !isRefusal(r.Err) {
					return Service{}, r.Err
				}
				if !core.IsNoNode(r.Err) {
					s.add(core.Join(d.path(name), ids[i]), r.Value.Data, r.Err)
				}
			}
			return s, nil
		})
	})
}

// add adds the instance read from a znode, or the znode to Skipped.
func (s *Service) add(path string, data []byte, err error) {
	var i Instance
	if err == nil {
		err = i.UnmarshalJSON(data)
	}
	if err != nil {
		s.Skipped = append(s.Skipped, Skipped{path, err})
		return
	}
	s.Instances = append(s.Instances, i)
}

// Instance returns one instance of a service (Curator: queryForInstance). The error is zk.ErrNoNode if there is no such
// znode, and [ErrMalformed] if its data is something else. A DynamicSequential instance has no znode named by its id.
func (d *Discovery) Instance(ctx context.Context, name, id string) *future.Future[Instance] {
	path := core.Join(d.path(name), id)
	if err := errors.Join(checkName("a service", name), checkName("an instance", id)); err != nil {
		return fails[Instance](d, "look up", path, err)
	}
	return future.Then(d.c.Get(ctx, path), func(n zkasync.Node) (i Instance, err error) {
		if err := i.UnmarshalJSON(n.Data); err != nil {
			return Instance{}, &recipe.Error{Op: "look up", Path: path, Err: err}
		}
		return i, nil
	})
}
