package recipe_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// markedClient returns a client that repeats by itself what is lost, and a context that lets it repeat writes.
func markedClient(t *testing.T, srv *zktest.Server, more ...zkasync.Option) (context.Context, *zkasync.Client) {
	t.Helper()
	opts := append(srv.Options(), zkasync.WithRetry(zkasync.RetryPolicy{}))
	c, err := zkasync.Connect(t.Context(), srv.Addr(), append(opts, more...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return zkasync.MarkIdempotent(t.Context()), c
}

// unheard makes the next transaction lose its answer, after it was applied.
func unheard(srv *zktest.Server) *zktest.Injected {
	return srv.Fault(zktest.Fault{Op: zktest.OpMulti, Count: 1, When: zktest.After, Do: zktest.Drop()})
}

// A guarded write is applied, its answer is lost, and the lock goes before the client asks again. The check then fails, but that
// does not mean that nothing was applied.
func TestHeld_MultiOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := zktest.Run(t)
		ctx, c := markedClient(t, srv)
		must(t, c.EnsurePath(ctx, "/value"))
		held := must(t, recipe.NewMutex(c, "/lock", recipe.WithLease(recipe.UntilLost)).Lock(ctx))

		srv.Refuse(true)
		lost := unheard(srv)
		written := held.Multi(ctx, zkasync.SetOp("/value", []byte("1"), zkasync.AnyVersion))
		if err := lost.Wait(ctx, 1); err != nil {
			t.Fatal(err)
		}
		if err := srv.Delete(held.Path()); err != nil {
			t.Fatal(err)
		}
		srv.Refuse(false)

		err := fails(t, written, zkasync.ErrOutcomeUnknown)
		if data, _, _ := srv.Get("/value"); string(data) != "1" || errors.Is(err, recipe.ErrNotHeld) {
			t.Errorf("%q was written, and the error is %v", data, err)
		}
		fails(t, held.Multi(ctx), recipe.ErrNotHeld)
	})
}

// The item is consumed, and the client repeats the transaction by itself, since its answer was lost.
func TestItem_ConsumedByAnAttemptThatTheClientRepeats(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := zktest.Run(t)
		ctx, c := markedClient(t, srv)
		q := recipe.NewQueue(c, "/jobs", recipe.KazooLockingQueue(), recipe.WithLease(recipe.UntilLost))
		must(t, q.Put(ctx, []byte("job")))
		item := must(t, q.Take(ctx))
		lost := unheard(srv)
		must(t, item.Consume(ctx))
		if cause := context.Cause(item.Context()); lost.Fired() != 1 || cause != recipe.ErrConsumed {
			t.Errorf("the item has ended with %v", cause)
		}
	})
}

// Items are removed, and the repeated transactions do not find them any more: it is not known how many were.
func TestQueue_RemoveOfUnknownOutcome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := zktest.Run(t)
		ctx, c := markedClient(t, srv)
		for _, layout := range []recipe.QueueLayout{recipe.CuratorIDQueue(""), recipe.CuratorIDQueue("/locks")} {
			must(t, c.EnsurePath(ctx, "/locks"))
			q := recipe.NewQueue(c, "/jobs", layout)
			must(t, q.PutID(ctx, "a", []byte("job")))
			unheard(srv)
			fails(t, q.Remove(ctx, "a"), zkasync.ErrOutcomeUnknown)
			if n := must(t, q.Len(ctx)); n != 0 {
				t.Errorf("%d items are left", n)
			}
		}
	})
}

// tornConn is a connection that ends within the first writes that contain a text.
type tornConn struct {
	net.Conn
	text []byte
	left *int
}

func (c *tornConn) Write(b []byte) (int, error) {
	if i := bytes.Index(b, c.text); i >= 0 && *c.left > 0 {
		*c.left--
		n, _ := c.Conn.Write(b[:i])
		_ = c.Conn.Close()
		return n, net.ErrClosed
	}
	return c.Conn.Write(b)
}

// Two connections end before a write has left in full, and the third one after that, before its answer. The client must not
// repeat it then, and neither must the queue.
func TestQueue_PutOfUnknownOutcomeIsNotRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := zktest.Run(t)
		left := 2
		_, c := markedClient(t, srv, zkasync.WithDialer(func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := srv.DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return &tornConn{conn, []byte("the job"), &left}, nil
		}))
		q := recipe.NewQueue(c, "/jobs", recipe.KazooQueue())
		must(t, q.Put(t.Context(), []byte("another")))
		lost := unheard(srv)
		err := fails(t, q.Put(t.Context(), []byte("the job")), zkasync.ErrOutcomeUnknown)
		if n := must(t, q.Len(t.Context())); n != 2 || left != 0 || lost.Fired() != 1 {
			t.Errorf("%d items after %v", n, err)
		}
	})
}
