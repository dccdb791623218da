package zktest_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// The five tests of docs/testing.md, which shows them as they stand here. What they test is as small a service as can be.

// register makes a service known under /members for as long as it lives.
func register(ctx context.Context, c *zkasync.Client, name string) error {
	_, err := c.Create(ctx, "/members/"+name, nil, zkasync.Ephemeral(), zkasync.MakeParents()).Get(ctx)
	return err
}

// 1. The session expires.
func TestService_RegistersAgainWhenItsSessionExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		srv := zktest.Run(t)
		c := connect(t, srv)
		must(t, register(ctx, c, "one"))

		var lost atomic.Bool
		c.OnState(func(s zkasync.StateChange) {
			switch s.State {
			case zkasync.StateLost:
				lost.Store(true)
			case zkasync.StateConnected:
				if lost.CompareAndSwap(true, false) {
					_ = register(ctx, c, "one")
				}
			}
		})
		id := c.Session().ID
		must(t, srv.Expire(id))
		_, err := srv.WaitFor(ctx, func(q zktest.Request) bool {
			return q.Path == "/members/one" && q.Session != id && q.Err == nil
		})
		must(t, err)
	})
}

// 2. The answer is lost. The order must be there once, whether the first try was applied or not.
func TestService_PlacesAnOrderOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, when := range []zktest.When{zktest.Before, zktest.After} {
			ctx := t.Context()
			srv := zktest.Run(t)
			c := connect(t, srv)
			must(t, srv.Put("/orders", nil))
			srv.Fault(zktest.Fault{Op: zktest.OpAnyCreate, Path: "/orders/*", Count: 1, When: when, Do: zktest.Drop()})

			_, err := c.Create(ctx, "/orders/pizza", nil).Get(ctx)
			if !errors.Is(err, zkasync.ErrOutcomeUnknown) {
				t.Fatal(err)
			}
			if st, err := c.Exists(ctx, "/orders/pizza").Get(ctx); err == nil && st == nil { // look before doing it again
				_, err = c.Create(ctx, "/orders/pizza", nil).Get(ctx)
				must(t, err)
			}
			if got, want := srv.Tree(), "/\n/orders\n/orders/pizza\n"; got != want {
				t.Errorf("the tree is\n%s", got)
			}
		}
	})
}

// 3. A watch fires during an outage: the client is told as soon as it is back.
func TestService_HearsOfWhatChangedDuringAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		srv := zktest.Run(t)
		must(t, srv.Put("/config", []byte("old")))
		c := connect(t, srv)
		read, err := c.GetW(ctx, "/config").Get(ctx)
		must(t, err)

		srv.Refuse(true)
		srv.Drop()
		must(t, srv.Put("/config", []byte("new")))
		srv.Refuse(false)

		e, err := read.Event.Get(ctx)
		must(t, err)
		if e.Path != "/config" {
			t.Errorf("event %v", e)
		}
	})
}

// 4. A stale read: another server may not have heard of it yet.
func TestService_SyncsBeforeItDecides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		ens := zktest.RunEnsemble(t, 3)
		behind := ens.Followers()[0]
		c := connect(t, behind)
		must(t, ens.Leader().Put("/open", []byte("yes")))
		behind.Lag(10)
		must(t, ens.Leader().Put("/open", []byte("no")))

		_, err := c.Sync(ctx, "/open").Get(ctx) // without it, the service reads "yes"
		must(t, err)
		n, err := c.Get(ctx, "/open").Get(ctx)
		must(t, err)
		if string(n.Data) != "no" {
			t.Errorf("read %q", n.Data)
		}
	})
}

// 5. A leader is deposed: the connection is lost, the session and what it owns are not.
func TestService_SurvivesANewLeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		ens := zktest.RunEnsemble(t, 3)
		c, err := zkasync.Connect(ctx, ens.ConnectString(), ens.Options()...)
		must(t, err)
		defer c.Close()
		must(t, register(ctx, c, "one"))

		must(t, ens.Depose(nil))
		time.Sleep(5 * time.Second) // of the bubble
		if c.State() != zkasync.StateConnected {
			t.Errorf("the state is %v", c.State())
		}
		if _, _, err := ens.Leader().Get("/members/one"); err != nil {
			t.Error(err)
		}
	})
}
