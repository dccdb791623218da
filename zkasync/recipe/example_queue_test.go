package recipe_test

import (
	"context"
	"fmt"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

// A worker takes items. If it dies before it has consumed an item, another worker gets it. Consume writes the result in the same
// transaction.
func ExampleQueue() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	jobs := recipe.NewQueue(c, "/jobs", recipe.KazooLockingQueue())
	if _, err := jobs.Put(ctx, []byte("resize 1.png"), []byte("resize 2.png")).Get(ctx); err != nil {
		fmt.Println(err)
		return
	}
	if _, err := jobs.PutPriority(ctx, 10, []byte("resize 3.png")).Get(ctx); err != nil { // taken before the others, which have priority 100
		fmt.Println(err)
		return
	}
	for range 3 { // usually for as long as the program runs
		item, err := jobs.Take(ctx).Get(ctx)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s\n", item.Data) // the work; it must end early if item.Context() does
		result := zkasync.CreateOp("/results-", item.Data, zkasync.Sequential())
		if _, err := item.Consume(ctx, result).Get(ctx); err != nil {
			fmt.Println(err) // somebody else has the item now, or it will be taken again later
		}
	}
	n, err := jobs.Len(ctx).Get(ctx)
	fmt.Println(n, len(jobs.Skipped()), err)
	// Output:
	// resize 3.png
	// resize 1.png
	// resize 2.png
	// 0 0 <nil>
}

// An item that cannot be processed now is given back.
func ExampleItem() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	jobs := recipe.NewQueue(c, "/jobs", recipe.CuratorQueue("/jobs-locks"))
	if _, err := jobs.Put(ctx, []byte("resize 1.png")).Get(ctx); err != nil {
		fmt.Println(err)
		return
	}
	item, err := jobs.Take(ctx).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	select {
	case <-item.Done(): // stop: for example, the connection is lost
		fmt.Println(context.Cause(item.Context()))
	default:
		fmt.Println(item.Path(), item.Fence() > 0)
	}
	if _, err := item.Release().Get(ctx); err != nil {
		fmt.Println(err)
	}
	holds, err := item.Holds(ctx).Get(ctx)
	fmt.Println(holds, err, context.Cause(item.Context()))
	// Output:
	// /jobs/queue-0000000000 true
	// false <nil> it was given back
}

// Without locks, a queue needs fewer requests, but an item is lost if its consumer dies.
func ExampleKazooQueue() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	q := recipe.NewQueue(c, "/hints", recipe.KazooQueue())
	next := q.Take(ctx) // waits, without a goroutine
	fmt.Println(next.Ready())
	q.Put(ctx, []byte("a hint"))
	item, err := next.Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s\n", item.Data)
	// Output:
	// false
	// a hint
}

// Items that become available later, for whichever host runs then.
func ExampleQueue_PutAt() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	reminders := recipe.NewQueue(c, "/reminders", recipe.CuratorDelayQueue("/reminders-locks"))
	now := time.Now()
	second := reminders.PutAt(ctx, now.Add(20*time.Millisecond), []byte("second"))
	first := reminders.PutAt(ctx, now.Add(10*time.Millisecond), []byte("first"))
	if _, err := future.All(first, second).Get(ctx); err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		item, err := reminders.Take(ctx).Get(ctx)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s\n", item.Data)
		item.Consume(ctx)
	}
	// Output:
	// first
	// second
}

// An item that nobody has taken yet can be removed by its id.
func ExampleQueue_PutID() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	orders := recipe.NewQueue(c, "/orders", recipe.CuratorIDQueue("/orders-locks"))
	tickets := orders.PutID(ctx, "order 17", []byte("two tickets"))
	guide := orders.PutID(ctx, "order 18", []byte("a guide"))
	if _, err := future.All(tickets, guide).Get(ctx); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(orders.Remove(ctx, "order 17").Get(ctx))
	item, err := orders.Take(ctx).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s: %s\n", item.ID(), item.Data)
	// Output:
	// 1 <nil>
	// order 18: a guide
}

// This layout is that of Curator's SimpleDistributedQueue, and of the queue in ZooKeeper's own recipes.
func ExampleCuratorSimpleQueue() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	q := recipe.NewQueue(c, "/hints", recipe.CuratorSimpleQueue())
	fmt.Println(q.Put(ctx, []byte("a hint")).Get(ctx))
	// Output: [/hints/qn-0000000000] <nil>
}
