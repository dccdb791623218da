package recipe_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

func ExampleMutex() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	held, err := recipe.NewMutex(c, "/locks/report").Lock(ctx).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer held.Unlock()

	select {
	case <-held.Done(): // stop: somebody else may hold the lock now
		fmt.Println(context.Cause(held.Context()))
	default:
		fmt.Println("working")
	}
	// Output: working
}

// TryLock does not wait. Contenders tells who holds the lock.
func ExampleMutex_TryLock() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	mine := recipe.NewMutex(c, "/lock", recipe.WithIdentifier("host1"))
	held, err := mine.TryLock(ctx).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	other := recipe.NewMutex(c, "/lock")
	_, err = other.TryLock(ctx).Get(ctx)
	fmt.Println(errors.Is(err, recipe.ErrLocked), err)
	all, err := other.Contenders(ctx).Get(ctx)
	fmt.Println(len(all), all[0].Identifier, err)
	held.Unlock()
	_, err = other.TryLock(ctx).Get(ctx)
	fmt.Println(err)
	// Output:
	// true recipe: try lock /lock: somebody else has it
	// 1 host1 <nil>
	// <nil>
}

// Give up waiting after a while. Nothing is left in the queue, even if the connection is lost at that moment.
func ExampleMutex_Lock() {
	c, end := demo()
	defer end()
	ctx := context.Background()
	if _, err := recipe.NewMutex(c, "/lock").Lock(ctx).Get(ctx); err != nil {
		fmt.Println(err)
		return
	}

	short, cancel := context.WithCancel(ctx)
	waiting := recipe.NewMutex(c, "/lock").Lock(short)
	cancel() // as a deadline would
	_, err := waiting.Get(ctx)
	fmt.Println(err)
	var e *recipe.Error
	if errors.As(err, &e) && e.Removed != nil {
		_, err = e.Removed.Get(ctx) // if you need to know when the znode is gone
		fmt.Println(err)
	}
	// Output:
	// recipe: lock /lock: context canceled
	// <nil>
}

// ZooKeeper refuses these writes once the lock is lost. For other stores there is the fence, a number that grows with every holder.
func ExampleHeld_Multi() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	held, err := recipe.NewMutex(c, "/lock").Lock(ctx).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = held.Multi(ctx, zkasync.CreateOp("/balance", []byte("10"))).Get(ctx)
	fmt.Println(err, held.Fence() > 0)

	if _, err := c.Delete(ctx, held.Path(), zkasync.AnyVersion).Get(ctx); err != nil { // somebody cleans up by hand
		fmt.Println(err)
	}
	_, err = held.Multi(ctx, zkasync.SetOp("/balance", []byte("20"), zkasync.AnyVersion)).Get(ctx)
	fmt.Println(errors.Is(err, recipe.ErrNotHeld))
	<-held.Done()
	fmt.Println(context.Cause(held.Context()))
	// Output:
	// <nil> true
	// true
	// its znode was deleted
}

func ExampleRWMutex() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	one, two, writer := recipe.NewRWMutex(c, "/rw"), recipe.NewRWMutex(c, "/rw"), recipe.NewRWMutex(c, "/rw")
	r1, err := one.RLock(ctx).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	r2, err := two.TryRLock(ctx).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = writer.TryLock(ctx).Get(ctx)
	fmt.Println(errors.Is(err, recipe.ErrLocked))
	waiting := writer.Lock(ctx)
	r1.Unlock()
	r2.Unlock()
	w, err := waiting.Get(ctx)
	fmt.Println(err)
	all, err := one.Contenders(ctx).Get(ctx)
	fmt.Println(len(all), all[0].Path == w.Path(), err)
	// Output:
	// true
	// <nil>
	// 1 true <nil>
}

// A lock that is shared with programs that use kazoo, that survives short outages, and with an access control list of its own.
func ExampleWithNaming() {
	c, end := demo()
	defer end()
	ctx := context.Background()
	m := recipe.NewMutex(c, "/lock", recipe.WithNaming(recipe.Kazoo), recipe.WithLease(recipe.UntilLost),
		recipe.WithACL(zk.WorldACL(zk.PermAll)))
	held, err := m.Lock(ctx).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	path := held.Path()
	fmt.Println(len(path) == len("/lock/0123456789abcdef0123456789abcdef__lock__0000000000"), path[len(path)-18:])
	// Output: true __lock__0000000000
}

// Up to three holders at a time, in all processes together.
func ExampleSemaphore() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	s := recipe.NewSemaphore(c, "/semaphore", 3)
	for range 3 {
		if _, err := s.Acquire(ctx).Get(ctx); err != nil {
			fmt.Println(err)
			return
		}
	}
	short, cancel := context.WithCancel(ctx)
	fourth := s.Acquire(short)
	fmt.Println(fourth.Ready())
	cancel()
	_, err := fourth.Get(ctx)
	fmt.Println(errors.Is(err, context.Canceled))
	// Output:
	// false
	// true
}

// A writer becomes a reader, so that nobody else can write before it has read again.
func ExampleRWMutex_Downgrade() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	m := recipe.NewRWMutex(c, "/rw")
	writer, err := m.Lock(ctx).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	reader, err := m.Downgrade(ctx, writer).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer reader.Unlock()
	other, err := recipe.NewRWMutex(c, "/rw").TryRLock(ctx).Get(ctx)
	fmt.Println(other.Context().Err(), err, context.Cause(writer.Context()))
	// Output: <nil> <nil> it was given back
}
