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

// What recipes cost is counted here: round trips, requests and events.

// Where every answer takes a second, time is a count of round trips.
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
				must(t, must(t, test.get(c)).Unlock()) // which makes the folders
				must(t, c.Sync(t.Context(), "/"))
				const trip = time.Second
				srv.SlowDown(trip)
				before := len(srv.Requests())
				begun := time.Now()
				held := must(t, test.get(c))
				if got := int(time.Since(begun) / trip); got != test.trips {
					t.Errorf("it takes %d round trips to get it, want %d", got, test.trips)
				}
				if got := asked(srv.Requests()[before:]); len(got) < test.ask || len(got) > test.ask+1 { // the semaphore's turn is given back meanwhile
					t.Errorf("it takes the requests %q, want %d", got, test.ask)
				}
				begun = time.Now()
				must(t, held.Unlock())
				if got := int(time.Since(begun) / trip); got != 1 {
					t.Errorf("it takes %d round trips to give it back, want 1", got)
				}
			})
		})
	}
}

// recorded is a server in this process and a client of it.
func recorded(t *testing.T) (*zktest.Server, *zkasync.Client) {
	t.Helper()
	srv := zktest.Run(t, zktest.WithRecord(1_000_000), zktest.WithSessionTimeouts(time.Second, time.Hour))
	return srv, client(t, srv)
}

func client(t *testing.T, srv *zktest.Server) *zkasync.Client {
	t.Helper()
	c, err := zkasync.Connect(t.Context(), srv.Addr(), append(srv.Options(), zkasync.WithSessionTimeout(10*time.Minute))...) // however slow the machine is
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// asked are the requests that recipes have made, but for those of the tests themselves.
func asked(requests []zktest.Request) (ops []string) {
	for _, r := range requests {
		if r.Op != zktest.OpPing && r.Op != zktest.OpSync {
			ops = append(ops, r.Op.String())
		}
	}
	return ops
}

// waiters is how many wait for what is handed over.
const waiters = 1000

// One holder gives it to the next of a thousand, who all wait in one client: the next one is told and looks who is in front, and
// nobody else hears of it.
func TestCost_HandOverAmongAThousand(t *testing.T) { // by itself: it would keep tests that go by the clock from running
	for name, test := range map[string]struct {
		get      func(c *zkasync.Client) *future.Future[*recipe.Held]
		settled  int // so many have found out whom to wait for
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
		// It gets its place and gives the turn to the one behind it, which finds that there is no place. That is a second event, of the
		// list of places, whose watch is set again.
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
				t.Errorf("%d events to those who wait, want %d", fired, test.events)
			}
			for _, w := range waiting[1:] {
				if w.Ready() {
					t.Fatal("two have it")
				}
			}
		})
	}
}

// quiet waits for what else there might be.
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

// watchesOf are the watches of a client.
func watchesOf(srv *zktest.Server, c *zkasync.Client) map[zktest.WatchInfo]bool {
	all := make(map[zktest.WatchInfo]bool)
	for _, w := range srv.Watches() {
		if w.Session == c.Session().ID {
			all[w] = true
		}
	}
	return all
}
