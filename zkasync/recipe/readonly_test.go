package recipe_test

import (
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// quorumless is an ensemble that can lose its quorum and get it back. Without a quorum, c is connected to a read-only server, and
// witness is not connected.
type quorumless struct {
	*zktest.Ensemble
	c, witness *zkasync.Client
}

func newQuorumless(t *testing.T) *quorumless {
	t.Parallel()
	ens := zktest.RunEnsemble(t, 3, zktest.WithReadOnlyMode())
	client := func(opts ...zkasync.Option) *zkasync.Client {
		c, err := zkasync.Connect(t.Context(), ens.ConnectString(), append(ens.Options(), opts...)...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := c.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
		return c
	}
	return &quorumless{ens, client(zkasync.WithReadOnly(true), zkasync.WithSessionTimeout(20*time.Second)), client()}
}

// lose takes the quorum away, and waits until the client is connected to a read-only server.
func (q *quorumless) lose(t *testing.T) {
	t.Helper()
	q.Servers()[0].Stop()
	q.Servers()[1].Stop()
	poll(t, "read-only", func() bool { return q.c.State() == zkasync.StateConnected && q.c.Session().ReadOnly })
}

// heal restores the quorum, and waits until both clients can write.
func (q *quorumless) heal(t *testing.T) {
	t.Helper()
	q.Servers()[0].Start()
	q.Servers()[1].Start()
	poll(t, "writable", func() bool {
		return q.c.State() == zkasync.StateConnected && !q.c.Session().ReadOnly && q.witness.Connected()
	})
}

// New data for a kept znode, and its deletion, wait for a quorum.
func TestNode_WaitsForAQuorum(t *testing.T) {
	q := newQuorumless(t)
	n := recipe.KeepNode(q.c, "/service/me", []byte("one"))
	must(t, n.Ready())
	q.lose(t)
	written := n.SetData([]byte("two"))
	late := recipe.KeepNode(q.c, "/service/late", nil)
	q.heal(t)
	must(t, written)
	must(t, late.Ready())
	holds(t, q.witness, n.Path(), "two", q.c.Session().ID)

	q.lose(t)
	gone := n.Close()
	q.heal(t)
	must(t, gone)
	if must(t, q.witness.Exists(t.Context(), n.Path())) != nil {
		t.Error("Close has completed, but the znode still exists")
	}
}

// A lock ends when the quorum is lost. Its znode is deleted when there is a quorum again, and attempts made meanwhile succeed then.
func TestMutex_WaitsForAQuorum(t *testing.T) {
	for name, lease := range map[string]recipe.Lease{"until suspended": recipe.UntilSuspended, "until lost": recipe.UntilLost} {
		t.Run(name, func(t *testing.T) {
			q := newQuorumless(t)
			m := recipe.NewMutex(q.c, "/lock", recipe.WithLease(lease))
			held := must(t, m.Lock(t.Context()))
			q.lose(t)
			<-held.Done()
			gone, next := held.Unlock(), recipe.NewMutex(q.c, "/lock").Lock(t.Context())
			q.heal(t)
			must(t, gone)
			must(t, must(t, next).Unlock())
			if left := names(t, q.witness, "/lock"); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

// The answer to a contender's create is lost together with the quorum. When there is a quorum again, the contender has one znode.
func TestMutex_LosesTheQuorumAtACreate(t *testing.T) {
	for name, when := range map[string]zktest.When{"lost": zktest.Before, "answer lost": zktest.After} {
		t.Run(name, func(t *testing.T) {
			q := newQuorumless(t)
			must(t, q.c.EnsurePath(t.Context(), "/lock"))
			struck := q.Servers()[0].Fault(zktest.Fault{Op: zktest.OpAnyCreate, Session: q.c.Session().ID, Count: 1, When: when, Do: zktest.Hold()})
			locked := recipe.NewMutex(q.c, "/lock").Lock(t.Context())
			if err := struck.Wait(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			q.lose(t)
			q.heal(t)
			held := must(t, locked)
			if all := names(t, q.witness, "/lock"); len(all) != 1 {
				t.Errorf("there are %q", all)
			}
			must(t, held.Unlock())
			if left := names(t, q.witness, "/lock"); len(left) > 0 {
				t.Errorf("left: %q", left)
			}
		})
	}
}

// Closing the client ends everything that waits for a quorum, and nothing goes on after that.
func TestMutex_ClosedWithoutAQuorum(t *testing.T) {
	q := newQuorumless(t)
	q.lose(t)
	waits := recipe.NewMutex(q.c, "/lock").Lock(t.Context())
	node := recipe.KeepNode(q.c, "/me", nil)
	put := recipe.NewQueue(q.c, "/queue", recipe.KazooLockingQueue()).Put(t.Context(), []byte("a"))
	if err := q.c.Close(); err != nil {
		t.Fatal(err)
	}
	fails(t, waits, zkasync.ErrClosed)
	fails(t, node.Ready(), zkasync.ErrClosed)
	fails(t, put, zkasync.ErrClosed)
}
