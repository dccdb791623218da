package zkasync_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// A real ensemble grows from three to five and an observer, and shrinks to three others, while a client that follows it writes.
// What fails was in flight or queued when the client lost a connection, and every error tells the truth.
func TestReconfig_UnderLoad(t *testing.T) {
	t.Parallel()
	ens := check.Ensemble(t, "real servers reconfigure under load", zkserver.WithSuperuser("secret"))
	c := connect(t, ens.ConnectString(), zkasync.WithAuth("digest", []byte("super:secret")), zkasync.WithEnsembleTracker(true))
	var cuts atomic.Int64
	c.OnState(func(s zkasync.StateChange) {
		if s.State == zkasync.StateSuspended {
			cuts.Add(1)
		}
	})
	session := c.Session().ID
	must(t, c.Create(t.Context(), "/load", nil))
	var writes []*future.Future[zkasync.Created]
	stop := make(chan struct{})
	var load sync.WaitGroup
	load.Go(func() {
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for i := 0; ; i++ {
			writes = append(writes, c.Create(t.Context(), fmt.Sprintf("/load/%d", i), nil))
			select {
			case <-tick.C:
			case <-stop:
				return
			}
		}
	})

	var joining []string
	for _, observer := range []bool{false, false, true} {
		s, err := ens.Add(t.Context(), observer)
		mustDo(t, err)
		joining = append(joining, s.Member())
	}
	changeMembers(t, c, "[1 2 3 4 5 6]", zkasync.Joining(joining...))
	changeMembers(t, c, "[3 4 5 6]", zkasync.Leaving(1, 2))
	for _, s := range ens.Servers()[:2] {
		mustDo(t, s.Kill())
	}
	must(t, c.Sync(t.Context(), "/load")) // which may wait for the next server
	close(stop)
	load.Wait()

	there := must(t, c.Children(t.Context(), "/load")).Names
	failed := 0
	for i, f := range writes {
		err := outcome(t, f)
		exists := slices.Contains(there, fmt.Sprint(i))
		switch {
		case err == nil && !exists:
			t.Errorf("write %d is lost", i)
		case err == nil:
		case !errors.Is(err, zkasync.ErrConnectionLoss):
			t.Errorf("write %d: %v", i, err)
		case errors.Is(err, zkasync.ErrNotSent) && exists:
			t.Errorf("write %d was made: %v", i, err)
		default:
			failed++
		}
	}
	if failed > 0 && cuts.Load() == 0 {
		t.Errorf("%d of %d writes failed, and no connection was lost", failed, len(writes))
	}
	if now := c.Session().ID; now != session {
		t.Errorf("session %#x became %#x", session, now)
	}
	if addrs, _ := must(t, c.Config(t.Context())).ClientAddrs(); !slices.Contains(addrs, c.Conn().Server()) {
		t.Errorf("on %s, which is none of %q", c.Conn().Server(), addrs)
	}
	t.Logf("%d of %d writes failed at %d cuts", failed, len(writes), cuts.Load())
}

// changeMembers repeats a reconfig until the ensemble has the members. It may be refused while servers join, and its own answer may be
// lost with the connection.
func changeMembers(t *testing.T, c *zkasync.Client, want string, opts ...zkasync.ReconfigOption) {
	t.Helper()
	poll(t, "members "+want, func() bool {
		_, err := c.Reconfig(t.Context(), opts...).Get(t.Context())
		if err != nil && !errors.Is(err, zkasync.ErrConnectionLoss) && !errors.Is(err, zkasync.ErrNewConfigNoQuorum) && !errors.Is(err, zkasync.ErrReconfigInProgress) {
			t.Fatal(err)
		}
		config, err := c.Config(t.Context()).Get(t.Context())
		var ids []int64
		for _, s := range config.Servers {
			ids = append(ids, s.ID)
		}
		return err == nil && fmt.Sprint(ids) == want
	})
}
