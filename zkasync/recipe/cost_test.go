package recipe_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// These tests count what recipes cost: round trips, requests and events.

// Every answer takes a second of virtual time, so the time in seconds is the number of round trips.
func TestCost_RoundTrips(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		get        func(c *zkasync.Client) *future.Future[*recipe.Held]
		trips, ask int
	}{
		"Mutex": {func(c *zkasync.Client) *future.Future[*recipe.Held] {
			return recipe.NewMutex(c, "/lock").Lock(context.Background())
		}, 2, 3},
		"TryLock": {func(c *zkasync.Client) *future.Future[*recipe.Held] {
			return recipe.NewMutex(c, "/lock").TryLock(context.Background())
		}, 2, 3},
		"RWMutex, writer": {func(c *zkasync.Client) *future.Future[*recipe.Held] {
			return recipe.NewRWMutex(c, "/lock").Lock(context.Background())
		}, 2, 3},
		"RWMutex, reader": {func(c *zkasync.Client) *future.Future[*recipe.Held] {
			return recipe.NewRWMutex(c, "/lock").RLock(context.Background())
		}, 2, 3},
		"Election": {func(c *zkasync.Client) *future.Future[*recipe.Held] {
			return recipe.NewElection(c, "/lock").Campaign(context.Background(), nil)
		}, 2, 3},
		"Semaphore": {func(c *zkasync.Client) *future.Future[*recipe.Held] {
			return recipe.NewSemaphore(c, "/lock", 2).Acquire(context.Background())
		}, 4, 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				srv, c := recorded(t)
				must(t, must(t, test.get(c)).Unlock()) // creates the folders
				must(t, c.Sync(t.Context(), "/"))
				const trip = time.Second
				srv.SlowDown(trip)
				before := len(srv.Requests())
				begun := time.Now()
				held := must(t, test.get(c))
				if got := int(time.Since(begun) / trip); got != test.trips {
					t.Errorf("acquiring takes %d round trips, want %d", got, test.trips)
				}
				if got := asked(srv.Requests()[before:]); len(got) < test.ask || len(got) > test.ask+1 { // one more: the semaphore's lock is released meanwhile
					t.Errorf("acquiring takes the requests %q, want %d", got, test.ask)
				}
				begun = time.Now()
				must(t, held.Unlock())
				if got := int(time.Since(begun) / trip); got != 1 {
					t.Errorf("releasing takes %d round trips, want 1", got)
				}
			})
		})
	}
}

// recorded starts a server in this process that keeps a long record of requests, and returns it with a client.
func recorded(t *testing.T) (*zktest.Server, *zkasync.Client) {
	t.Helper()
	srv := zktest.Run(t, zktest.WithRecord(1_000_000), zktest.WithSessionTimeouts(time.Second, time.Hour))
	return srv, client(t, srv)
}

func client(t *testing.T, srv *zktest.Server) *zkasync.Client {
	t.Helper()
	c, err := zkasync.Connect(t.Context(), srv.Addr(), append(srv.Options(), zkasync.WithSessionTimeout(10*time.Minute))...) // long enough for the slowest machine
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// asked returns the operations of requests, without those that only tests and clients make by themselves.
func asked(requests []zktest.Request) (ops []string) {
	for _, r := range requests {
		if r.Op != zktest.OpPing && r.Op != zktest.OpSync {
			ops = append(ops, r.Op.String())
		}
	}
	return ops
}

// waiters is how many contenders wait in the queue.
const waiters = 1000

// A thousand contenders of one client wait. When the holder releases, the next one gets an event and reads the queue, and nobody else
// gets an event or makes a request.
func TestCost_HandOverAmongAThousand(t *testing.T) { // not parallel: it would starve tests that depend on time
	for name, test := range map[string]struct {
		get      func(c *zkasync.Client) *future.Future[*recipe.Held]
		settled  int // how many will have found out whom to wait for
		events   int
		requests string
	}{
		"Mutex": {func(c *zkasync.Client) *future.Future[*recipe.Held] {
			return recipe.NewMutex(c, "/lock").Lock(context.Background())
		}, waiters, 1, "children, delete"},
		"RWMutex": {func(c *zkasync.Client) *future.Future[*recipe.Held] {
			return recipe.NewRWMutex(c, "/lock").Lock(context.Background())
		}, waiters, 1, "children, delete"},
		"Election": {func(c *zkasync.Client) *future.Future[*recipe.Held] {
			return recipe.NewElection(c, "/lock").Campaign(context.Background(), nil)
		}, waiters, 1, "children, delete"},
		// The next one gets the lease and passes the lock to the one after it, which finds that no lease is free. That one is woken
		// through the list of leases, whose watch is set again.
		"Semaphore": {func(c *zkasync.Client) *future.Future[*recipe.Held] {
			return recipe.NewSemaphore(c, "/lock", 1).Acquire(context.Background())
		}, waiters - 1, 1, "children, children, children, create, delete, delete, exists"},
	} {
		t.Run(name, func(t *testing.T) {
			srv, holder := recorded(t)
			others := client(t, srv)
			held := must(t, test.get(holder))
			quiet(t, srv, holder)
			waiting := make([]*future.Future[*recipe.Held], waiters)
			for i := range waiting {
				waiting[i] = test.get(others)
			}
			poll(t, "all wait", func() bool { return count(asked(srv.Requests()), "get") == test.settled })
			quiet(t, srv, holder, others)
			before, watches := len(srv.Requests()), watchesOf(srv, others)
			must(t, held.Unlock())
			must(t, waiting[0])
			poll(t, "the requests", func() bool {
				return len(asked(srv.Requests()[before:])) >= strings.Count(test.requests, ",")+1
			})
			quiet(t, srv, holder, others)
			ops := asked(srv.Requests()[before:])
			slices.Sort(ops)
			if got := strings.Join(ops, ", "); got != test.requests {
				t.Errorf("requests: %.300s\nwant %s", got, test.requests)
			}
			left := watchesOf(srv, others)
			fired := 0
			for w := range watches {
				if !left[w] {
					fired++
				}
			}
			if fired != test.events {
				t.Errorf("%d events to the waiting client, want %d", fired, test.events)
			}
			for _, w := range waiting[1:] {
				if w.Ready() {
					t.Fatal("two hold it at once")
				}
			}
		})
	}
}

// quiet waits until nobody makes requests any more.
func quiet(t *testing.T, srv *zktest.Server, clients ...*zkasync.Client) {
	t.Helper()
	for last, now := -1, 0; last != now; last, now = now, len(asked(srv.Requests())) {
		for range 10 { // each answer may lead to one more request
			for _, c := range clients {
				must(t, c.Sync(t.Context(), "/"))
			}
		}
	}
}

func count(ops []string, which string) (n int) {
	for _, op := range ops {
		if op == which {
			n++
		}
	}
	return n
}

// watchesOf returns the watches of a client.
func watchesOf(srv *zktest.Server, c *zkasync.Client) map[zktest.WatchInfo]bool {
	all := make(map[zktest.WatchInfo]bool)
	for _, w := range srv.Watches() {
		if w.Session == c.Session().ID {
			all[w] = true
		}
	}
	return all
}
