package zkasync_test

import (
	"context"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// The answer to a protected create is lost together with the quorum, and the client goes on at a read-only server. Other servers may
// have a znode that this one does not. In the end there is one znode, or none if the caller has given up meanwhile.
func TestProtected_LosesTheQuorum(t *testing.T) {
	t.Parallel()
	for name, givenUp := range map[string]bool{"waited for": false, "given up": true} {
		for kind, opts := range map[string][]zkasync.CreateOption{"sequential": {zkasync.Sequential()}, "named": nil} {
			t.Run(name+", "+kind, func(t *testing.T) {
				t.Parallel()
				ens := zktest.RunEnsemble(t, 3, zktest.WithReadOnlyMode())
				c, err := zkasync.Connect(t.Context(), ens.ConnectString(), append(ens.Options(), zkasync.WithReadOnly(true), zkasync.WithSessionTimeout(20*time.Second))...)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = c.Close() })
				leader := ens.Servers()[0]
				must(t, c.Create(t.Context(), "/a", nil))
				struck := leader.Fault(zktest.Fault{Op: zktest.OpAnyCreate, Path: "/a/**", Count: 1, When: zktest.After, Do: zktest.Hold()})
				ctx, giveUp := context.WithCancel(t.Context())
				defer giveUp()
				made := c.Create(ctx, "/a/x", nil, append(opts, zkasync.Protected(), zkasync.Ephemeral())...)
				if err := struck.Wait(t.Context(), 1); err != nil {
					t.Fatal(err)
				}
				leader.Stop()
				ens.Servers()[1].Stop()
				poll(t, "read-only", func() bool { return c.Connected() && c.Session().ReadOnly })
				if givenUp {
					giveUp()
					isGhost(t, outcome(t, made), context.Canceled)
				}
				leader.Start()
				ens.Servers()[1].Start()
				poll(t, "writable", func() bool { return c.Connected() && !c.Session().ReadOnly })
				left := func() int { return len(must(t, c.Children(t.Context(), "/a")).Names) }
				if givenUp {
					poll(t, "nothing left", func() bool { return left() == 0 })
					return
				}
				if p := must(t, made).Path; left() != 1 || must(t, c.Exists(t.Context(), p)) == nil {
					t.Errorf("%d znodes, %s among them?", left(), p)
				}
			})
		}
	}
}
