package recipe_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

// An hourly job is started on several hosts, but runs on one of them: the same one for as long as it keeps renewing its lease.
func ExampleTimedLease() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	mine := recipe.NewTimedLease(c, "/leases/cleanup", 70*time.Minute, recipe.WithIdentifier("host1"))
	until, err := mine.Obtain(ctx).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	work, cancel := context.WithDeadline(ctx, until.Add(-5*time.Minute)) // clocks may differ
	defer cancel()
	fmt.Println(work.Err(), time.Until(until) > 69*time.Minute)

	other := recipe.NewTimedLease(c, "/leases/cleanup", time.Hour, recipe.WithIdentifier("host2"))
	_, err = other.Obtain(ctx).Get(ctx)
	var taken *recipe.LeaseTakenError
	if errors.As(err, &taken) {
		fmt.Println(taken.Holder, taken.End.Equal(until))
	}
	_, err = mine.Obtain(ctx).Get(ctx) // renewed
	fmt.Println(err)
	// Output:
	// <nil> true
	// host1 true
	// <nil>
}

// Two hosts may have a lease at a time.
func ExampleNewTimedLeases() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	for _, host := range []string{"host1", "host2", "host3"} {
		l := recipe.NewTimedLeases(c, "/leases/worker", 2, time.Hour, recipe.WithIdentifier(host))
		_, err := l.Obtain(ctx).Get(ctx)
		fmt.Println(host, err == nil, errors.Is(err, recipe.ErrLocked))
	}
	// Output:
	// host1 true false
	// host2 true false
	// host3 false true
}
