package zkasync_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
)

// spoilt is the path whose replies are malformed.
const spoilt = "/spoilt"

// operations are our operations that decode a reply. Each submits one on the spoilt path and returns a function that waits for its
// error.
var operations = map[string]struct {
	code   wire.OpCode
	submit func(s *scripted, ctx context.Context) func() error
}{
	"exists": {wire.OpExists, start(func(s *scripted, ctx context.Context) *future.Future[*zk.Stat] { return s.Exists(ctx, spoilt) })},
	"get":    {wire.OpGetData, start(func(s *scripted, ctx context.Context) *future.Future[zkasync.Node] { return s.Get(ctx, spoilt) })},
	"children": {wire.OpGetChildren2, start(func(s *scripted, ctx context.Context) *future.Future[zkasync.Children] {
		return s.Children(ctx, spoilt)
	})},
	"get acl": {wire.OpGetACL, start(func(s *scripted, ctx context.Context) *future.Future[zkasync.ACL] { return s.GetACL(ctx, spoilt) })},
	"set":     {wire.OpSetData, start(func(s *scripted, ctx context.Context) *future.Future[zk.Stat] { return s.Set(ctx, spoilt, nil, 0) })},
	"create": {wire.OpCreate2, start(func(s *scripted, ctx context.Context) *future.Future[zkasync.Created] {
		return s.Create(ctx, spoilt, nil)
	})},
	"sync": {wire.OpSync, start(func(s *scripted, ctx context.Context) *future.Future[string] { return s.Sync(ctx, spoilt) })},
	"existsw": {wire.OpExists, start(func(s *scripted, ctx context.Context) *future.Future[zkasync.Watched[*zk.Stat]] {
		return s.ExistsW(ctx, spoilt)
	})},
	"getw": {wire.OpGetData, start(func(s *scripted, ctx context.Context) *future.Future[zkasync.Watched[zkasync.Node]] {
		return s.GetW(ctx, spoilt)
	})},
	"childrenw": {wire.OpGetChildren2, start(func(s *scripted, ctx context.Context) *future.Future[zkasync.Watched[zkasync.Children]] {
		return s.ChildrenW(ctx, spoilt)
	})},
	"multi": {wire.OpMulti, start(func(s *scripted, ctx context.Context) *future.Future[[]zkasync.MultiResult] {
		return s.Multi(ctx, zkasync.CreateOp(spoilt, nil), zkasync.SetOp(spoilt, nil, 0), zkasync.CheckOp(spoilt, 0))
	})},
}

func start[T any](op func(*scripted, context.Context) *future.Future[T]) func(*scripted, context.Context) func() error {
	return func(s *scripted, ctx context.Context) func() error {
		f := counted(s, op(s, ctx))
		return func() error { return outcome(s.t, f) }
	}
}

// theirs are go-zookeeper's calls.
var theirs = []func(c *zk.Conn) error{
	func(c *zk.Conn) error { _, _, err := c.Get(spoilt); return err },
	func(c *zk.Conn) error { _, _, err := c.Exists(spoilt); return err },
	func(c *zk.Conn) error { _, _, err := c.Children(spoilt); return err },
	func(c *zk.Conn) error { _, _, err := c.GetACL(spoilt); return err },
	func(c *zk.Conn) error { _, err := c.Set(spoilt, nil, 0); return err },
	func(c *zk.Conn) error { _, err := c.Create(spoilt, nil, 0, zk.WorldACL(zk.PermAll)); return err },
	func(c *zk.Conn) error { _, err := c.Sync(spoilt); return err },
	func(c *zk.Conn) error { _, _, _, err := c.GetW(spoilt); return err },
	func(c *zk.Conn) error { _, _, _, err := c.ExistsW(spoilt); return err },
	func(c *zk.Conn) error { _, _, _, err := c.ChildrenW(spoilt); return err },
	func(c *zk.Conn) error {
		_, err := c.Multi(&zk.DeleteRequest{Path: spoilt}, &zk.SetDataRequest{Path: spoilt})
		return err
	},
}

// spoils returns a script of a server that answers requests for the spoilt path, and transactions, with what body returns.
func spoils(body func(r zkpeer.Request) []byte) zkpeer.Script {
	return func(c *zkpeer.Conn) {
		c.Accept()
		c.Serve(func(r zkpeer.Request) bool {
			return (r.Path == spoilt || r.Op == wire.OpMulti) && c.Reply(r, body(r))
		})
	}
}

// whole returns the record of a healthy reply. For a transaction, it has a result of each kind.
func whole(op wire.OpCode) []byte {
	if op != wire.OpMulti {
		return zkpeer.Body(zkpeer.Request{Op: op, Path: spoilt})
	}
	st := zkpeer.Stat(spoilt)
	b := wire.AppendString(wire.AppendMultiHeader(nil, wire.OpCreate2, false, 0), spoilt)
	b = wire.AppendStat(b, &st)
	b = wire.AppendStat(wire.AppendMultiHeader(b, wire.OpSetData, false, 0), &st)
	b = wire.AppendInt32(wire.AppendMultiHeader(b, wire.OpError, false, -101), -101)
	return wire.AppendMultiHeader(b, wire.OpError, true, -1)
}

// wantUndecodable checks an operation's error, and that the connection goes on.
func wantUndecodable(t *testing.T, s *scripted, err error) {
	t.Helper()
	var op *zkasync.OpError
	var bad *wire.DecodeError
	if !errors.As(err, &op) || !errors.As(err, &bad) || !errors.Is(err, zkasync.ErrOutcomeUnknown) {
		t.Errorf("error %v, want one about decoding", err)
	}
	if errors.Is(err, zkasync.ErrConnectionLoss) {
		t.Errorf("error %v is a connection loss", err)
	}
	wantNode(t, s.get("/next"), "/next")
	if n := s.peer.Accepted(); n != 1 {
		t.Errorf("%d connections, want the first one to go on", n)
	}
}

// The record of a reply ends early, at each of its bytes.
func TestMalformed_RecordTruncated(t *testing.T) {
	t.Parallel()
	for name, op := range operations {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				at := 0 // the peer reads it between a request and its reply, and the test writes it at other times
				s := connectScripted(t, spoils(func(r zkpeer.Request) []byte { return whole(r.Op)[:at] }))
				for at = range whole(op.code) {
					wantUndecodable(t, s, op.submit(s, t.Context())())
				}
			})
		})
	}
}

// The record of a reply has an impossible length or count.
func TestMalformed_Lengths(t *testing.T) {
	// Not in parallel, nor are its parts, since allocations of other tests would count as well.
	const most = 8 << 20
	for name, op := range operations {
		switch op.code {
		case wire.OpExists, wire.OpSetData, wire.OpMulti:
			continue // their records do not begin with a length
		}
		for _, length := range []int32{-2, 1<<31 - 1, -1 << 31, 1 << 20} {
			t.Run(fmt.Sprintf("%s/%d", name, length), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := connectScripted(t, spoils(func(r zkpeer.Request) []byte {
						return append(wire.AppendInt32(nil, length), whole(r.Op)[4:]...)
					}))
					before := allocated()
					wantUndecodable(t, s, op.submit(s, t.Context())())
					for _, call := range theirs {
						_ = call(s.Conn())
					}
					if grown := allocated() - before; grown > most {
						t.Errorf("%d bytes allocated, want at most %d", grown, most)
					}
				})
			})
		}
	}
}

// spoil changes a record at random places, sometimes to numbers that are likely to do harm.
func spoil(rng *rand.Rand, b []byte) []byte {
	b = slices.Clone(b)
	for range 1 + rng.IntN(4) {
		switch at := rng.IntN(len(b) + 1); rng.IntN(5) {
		case 0:
			b = b[:at]
		case 1:
			b = append(b[:at:at], append([]byte{byte(rng.Uint32())}, b[at:]...)...)
		case 2:
			hurts := []int32{-1, -2, 0, 1, 1<<31 - 1, -1 << 31, 1 << 16, int32(rng.Uint32())}
			if n := len(b) / 4; n > 0 {
				at := 4 * rng.IntN(n)
				copy(b[at:], wire.AppendInt32(nil, hurts[rng.IntN(len(hurts))]))
			}
		default:
			if at < len(b) {
				b[at] = byte(rng.Uint32())
			}
		}
	}
	return b
}

// Records are damaged at random. Nothing panics, each call returns, and the connection goes on. go-zookeeper would panic on its own
// goroutine, and end the program.
func TestMalformed_Damaged(t *testing.T) {
	const rounds, most = 200, 64 << 20
	synctest.Test(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(29, 29)) // used by the server only
		s := connectScripted(t, spoils(func(r zkpeer.Request) []byte { return spoil(rng, whole(r.Op)) }))
		before := allocated()
		for range rounds {
			for _, op := range operations {
				_ = op.submit(s, t.Context())()
			}
			for _, call := range theirs {
				_ = call(s.Conn())
			}
		}
		if grown := allocated() - before; grown > most {
			t.Errorf("%d bytes allocated in %d rounds, want at most %d", grown, rounds, most)
		}
		wantNode(t, s.get("/next"), "/next")
		if n := s.peer.Accepted(); n != 1 {
			t.Errorf("%d connections, want the first one to go on", n)
		}
	})
}
