package typed

import (
	"context"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// Nodes reads and writes the znodes of a client as values of type T. It holds nothing, so any number of them may be made.
type Nodes[T any] struct {
	c     *zkasync.Client
	codec Codec[T]
}

// New returns the znodes of c as values that codec encodes. It sends nothing.
func New[T any](c *zkasync.Client, codec Codec[T]) *Nodes[T] { return &Nodes[T]{c, codec} }

// Versioned is a value as it is in a znode. Stat.Version is the version that Set takes.
type Versioned[T any] struct {
	Path  string
	Value T
	Stat  zk.Stat
	Data  []byte // the value, encoded
}

// Child is a child of a znode, with its value.
type Child[T any] struct {
	Name string
	Versioned[T]
	// Err is why there is no value: a [*DecodeError], or why the server did not return it, such as zk.ErrNoAuth.
	Err error
}

// Get reads a value. It fails as [zkasync.Client.Get] does, or with a [*DecodeError].
func (n *Nodes[T]) Get(ctx context.Context, path string) *future.Future[Versioned[T]] {
	return future.Then(n.c.Get(ctx, path), func(node zkasync.Node) (Versioned[T], error) { return n.decode(path, node) })
}

// GetW is Get and also sets a watch, see [zkasync.Client.GetW]. If the data cannot be decoded, the watch is given up.
func (n *Nodes[T]) GetW(ctx context.Context, path string) *future.Future[zkasync.Watched[Versioned[T]]] {
	return future.Then(n.c.GetW(ctx, path), func(w zkasync.Watched[zkasync.Node]) (zkasync.Watched[Versioned[T]], error) {
		v, err := n.decode(path, w.Value)
		if err != nil {
			n.c.Unwatch(w.Event)
			return zkasync.Watched[Versioned[T]]{}, err
		}
		return zkasync.Watched[Versioned[T]]{Value: v, Event: w.Event}, nil
	})
}

// List reads the children of a znode, sorted by name, see [zkasync.Client.ChildrenData]. A child that cannot be decoded has
// its own Err, and the others have their values.
func (n *Nodes[T]) List(ctx context.Context, path string) *future.Future[[]Child[T]] {
	return future.Then(n.c.ChildrenData(ctx, path), func(children []zkasync.Child) ([]Child[T], error) {
		list := make([]Child[T], len(children))
		for i, ch := range children {
			at := core.Join(path, ch.Name)
			list[i] = Child[T]{Name: ch.Name, Versioned: Versioned[T]{Path: at}, Err: ch.Err}
			if ch.Err == nil {
				list[i].Versioned, list[i].Err = n.decode(at, ch.Node)
			}
		}
		return list, nil
	})
}

// Set replaces the value if the znode's version is the one given, see [zkasync.Client.Set]; zkasync.AnyVersion matches every
// version. If v cannot be encoded, nothing is sent, and the failure is zkasync.ErrNotSent with an [*EncodeError].
func (n *Nodes[T]) Set(ctx context.Context, path string, v T, version int32) *future.Future[Versioned[T]] {
	data, err := n.codec.Encode(v)
	if err != nil {
		return n.unsent("set", path, err)
	}
	return future.Then(n.c.Set(ctx, path, data, version), func(stat zk.Stat) (Versioned[T], error) {
		return Versioned[T]{Path: path, Value: v, Stat: stat, Data: data}, nil
	})
}

// Create creates a znode with a value, see [zkasync.Client.Create]. The Path of the result has the server's number, if the
// znode is sequential. If v cannot be encoded, it fails as Set does.
func (n *Nodes[T]) Create(ctx context.Context, path string, v T, opts ...zkasync.CreateOption) *future.Future[Versioned[T]] {
	data, err := n.codec.Encode(v)
	if err != nil {
		return n.unsent("create", path, err)
	}
	return future.Then(n.c.Create(ctx, path, data, opts...), func(made zkasync.Created) (Versioned[T], error) {
		return Versioned[T]{Path: made.Path, Value: v, Stat: made.Stat, Data: data}, nil
	})
}

// Update changes a value that others may change at the same time, by the loop of [recipe.Update]: it reads, calls change,
// and writes if the version is still the same; otherwise it starts over. A znode that does not exist is created; change
// then receives the zero value. An error of change ends Update and is returned, and so does data that cannot be decoded,
// with a [*DecodeError], or a value that cannot be encoded. change must not block, and may be called several times.
func (n *Nodes[T]) Update(ctx context.Context, path string, change func(old T) (T, error)) *future.Future[Versioned[T]] {
	if change == nil {
		return future.Then(recipe.UpdateNode(ctx, n.c, path, nil), func(zkasync.Node) (Versioned[T], error) { return Versioned[T]{}, nil })
	}
	var last T // what change has returned; calls of it follow one another
	updated := recipe.UpdateNode(ctx, n.c, path, func(old zkasync.Node, exists bool) ([]byte, error) {
		var v Versioned[T]
		var err error
		if exists {
			if v, err = n.decode(path, old); err != nil {
				return nil, err
			}
		}
		if last, err = change(v.Value); err != nil {
			return nil, err
		}
		data, err := n.codec.Encode(last)
		if err != nil {
			return nil, notSent("update", path, err)
		}
		return data, nil
	})
	return future.Then(updated, func(node zkasync.Node) (Versioned[T], error) {
		return Versioned[T]{Path: path, Value: last, Stat: node.Stat, Data: node.Data}, nil
	})
}

// decode returns the value of a znode that was read.
func (n *Nodes[T]) decode(path string, node zkasync.Node) (Versioned[T], error) {
	v, err := n.codec.Decode(node.Data)
	if err != nil {
		return Versioned[T]{}, &DecodeError{Path: path, Data: node.Data, Stat: node.Stat, Err: err}
	}
	return Versioned[T]{Path: path, Value: v, Stat: node.Stat, Data: node.Data}, nil
}

func (n *Nodes[T]) unsent(op, path string, err error) *future.Future[Versioned[T]] {
	return core.OnHandler(n.c, future.Failed[Versioned[T]](notSent(op, path, err)))
}

func notSent(op, path string, err error) error {
	return &zkasync.OpError{Op: op, Path: path, Outcome: zkasync.OutcomeNotSent, Err: &EncodeError{err}}
}
