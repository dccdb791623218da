package recipe_test

import (
	"testing"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// All consumers of a Queue value share one watch for each list, and an item costs as many requests as the documentation says.
func TestQueue_CountsRequests(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t, zktest.WithRecord(10000))
	ctx := t.Context()
	c, err := zkasync.Connect(ctx, srv.Addr(), srv.Options()...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	q := recipe.NewQueue(c, "/queue", recipe.KazooLockingQueue())
	must(t, q.Put(ctx, []byte("first")))
	must(t, taken(t, q, "first").Consume(ctx))
	must(t, c.Sync(ctx, "/"))
	count := func(do func()) (requests []string) {
		before := len(srv.Requests())
		do()
		for _, r := range srv.Requests()[before:] {
			if r.Op != zktest.OpPing {
				requests = append(requests, r.Op.String())
			}
		}
		return requests
	}
	const workers = 50
	var waiting []*future.Future[*recipe.Item]
	waits := count(func() {
		for range workers {
			waiting = append(waiting, q.Take(ctx))
		}
		must(t, c.Sync(ctx, "/"))
	})
	if len(waits) != 3 {
		t.Errorf("%d waiting consumers made the requests %q, want two lists and the sync", workers, waits)
	}
	one := count(func() {
		must(t, q.Put(ctx, []byte("a")))
		must(t, must(t, waiting[0]).Consume(ctx))
		must(t, c.Sync(ctx, "/"))
	})
	// Put, both lists, lock with two reads, the list of locks, consume, both lists, the sync; and maybe an attempt by an outdated list.
	if len(one) > 15 {
		t.Errorf("an item takes %d requests: %q", len(one), one)
	}
}
