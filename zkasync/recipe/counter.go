package recipe

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// Encoding is how a counter is stored in its znode.
type Encoding int

const (
	// Text is decimal digits, as kazoo's Counter. It is the default.
	Text Encoding = iota
	// Int32 is four bytes, the most significant first: Curator's SharedCount and DistributedAtomicInteger, and kazoo's Counter
	// with support_curator.
	Int32
	// Int64 is eight bytes, the most significant first: Curator's DistributedAtomicLong.
	Int64
)

// Counter is a shared number. It is safe for concurrent use.
type Counter struct {
	c        *zkasync.Client
	path     string
	encoding Encoding
}

// check returns an error if the encoding is invalid.
func (n *Counter) check(op string) error {
	if n.encoding < Text || n.encoding > Int64 {
		return &Error{Op: op, Path: n.path, Err: fmt.Errorf("unknown encoding %d", n.encoding)}
	}
	return nil
}

// NewCounter returns a counter in the znode at path, which the first change creates if it is missing. Nothing is sent.
func NewCounter(c *zkasync.Client, path string, encoding Encoding) *Counter {
	return &Counter{c, path, encoding}
}

// Get returns the number that the server has, or 0 if there is no znode.
func (n *Counter) Get(ctx context.Context) *future.Future[int64] {
	if err := n.check("read counter"); err != nil {
		return core.OnHandler(n.c, future.Failed[int64](err))
	}
	return future.Transform(n.c.Get(ctx, n.path), func(node zkasync.Node, err error) *future.Future[int64] {
		if core.IsNoNode(err) {
			return future.Resolved[int64](0)
		}
		if err != nil {
			return future.Failed[int64](err)
		}
		v, err := n.decode(node.Data)
		if err != nil {
			return future.Failed[int64](err)
		}
		return future.Resolved(v)
	})
}

// Add adds delta, which may be negative, and returns the new value. See [Update] for the meaning of errors. A result
// that the encoding cannot hold is an error, and nothing is changed.
func (n *Counter) Add(ctx context.Context, delta int64) *future.Future[int64] {
	if err := n.check("add"); err != nil {
		return core.OnHandler(n.c, future.Failed[int64](err))
	}
	updated := Update(ctx, n.c, n.path, func(old []byte) ([]byte, error) {
		v, err := n.decode(old)
		if err != nil {
			return nil, err
		}
		if delta > 0 && v > math.MaxInt64-delta || delta < 0 && v < math.MinInt64-delta {
			return nil, n.overflow(v, delta)
		}
		if sum := v + delta; n.encoding != Int32 || sum == int64(int32(sum)) {
			return n.encode(sum), nil
		}
		return nil, n.overflow(v, delta)
	})
	return future.Then(updated, func(node zkasync.Node) (int64, error) { return n.decode(node.Data) })
}

func (n *Counter) overflow(v, delta int64) error {
	return &Error{Op: "add", Path: n.path, Err: fmt.Errorf("%d and %d is more than the encoding holds", v, delta)}
}

func (n *Counter) encode(v int64) []byte {
	switch n.encoding {
	case Int32:
		return binary.BigEndian.AppendUint32(nil, uint32(v))
	case Int64:
		return binary.BigEndian.AppendUint64(nil, uint64(v))
	default:
		return strconv.AppendInt(nil, v, 10)
	}
}

// decode decodes the stored number. Empty data means 0, as in kazoo.
func (n *Counter) decode(data []byte) (int64, error) {
	switch {
	case len(data) == 0:
		return 0, nil
	case n.encoding == Int32 && len(data) == 4:
		return int64(int32(binary.BigEndian.Uint32(data))), nil
	case n.encoding == Int64 && len(data) == 8:
		return int64(binary.BigEndian.Uint64(data)), nil
	case n.encoding == Text:
		if v, err := strconv.ParseInt(string(data), 10, 64); err == nil {
			return v, nil
		}
	}
	return 0, &Error{Op: "read counter", Path: n.path, Err: fmt.Errorf("%.40q is no counter of this encoding", data)}
}
