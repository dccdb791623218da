package recipe_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

// divideWork calls work for each item that this process owns, until ctx ends. work must return when its own context ends.
func divideWork(ctx context.Context, c *zkasync.Client, path string, items []string, work func(ctx context.Context, item string)) error {
	p := recipe.Partition(c, path, items)
	defer context.AfterFunc(ctx, func() { p.Close() })()
	var busy sync.WaitGroup
	for e, err := range p.All(context.Background()) {
		switch {
		case err != nil:
			busy.Wait()
			return err
		case e.Kind == recipe.Gained:
			busy.Go(func() {
				defer e.Share.Unlock() // now another process may own it
				work(e.Share.Context(), e.Item)
			})
		case e.Kind == recipe.Refused:
			slog.Warn("cannot get item", "item", e.Item, "error", e.Cause)
		}
	}
	return nil
}

// Each queue is worked on by one process, however many processes there are.
func ExamplePartition() {
	c, end := demo()
	defer end()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()

	err := divideWork(ctx, c, "/jobs", []string{"queue1"}, func(ctx context.Context, item string) {
		fmt.Println("working on", item)
		cancel()     // usually only when the program ends
		<-ctx.Done() // the item must be given back, or may be lost: finish
	})
	fmt.Println(err)
	// Output:
	// working on queue1
	// recipe: partition /jobs: it was given back
}

// A select waits for events and for other things.
func ExamplePartitioner_Poll() {
	c, end := demo()
	defer end()

	p := recipe.Partition(c, "/jobs", []string{"queue1"}, recipe.WithIdentifier("host1"))
	timeout := time.After(10 * time.Second)
	for {
		changed := p.Changed() // before Poll, so that nothing is missed
		for e, ok := p.Poll(); ok; e, ok = p.Poll() {
			fmt.Println(e.Kind, e.Item, e.Share.Fence() > 0)
			p.Close()
			e.Share.Unlock()
			return
		}
		select {
		case <-changed.Done():
		case <-p.Done():
			return
		case <-timeout:
			fmt.Println("nothing came")
			return
		}
	}
	// Output: Gained queue1 true
}

// Writes through a share are refused once the item may have another owner.
func ExampleShare_Multi() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	c.Create(ctx, "/offset", nil)
	p := recipe.Partition(c, "/jobs", []string{"queue1"})
	defer p.Close()
	for e, err := range p.All(ctx) {
		if err != nil {
			fmt.Println(err)
			return
		}
		_, err := e.Share.Multi(ctx, zkasync.SetOp("/offset", []byte("17"), zkasync.AnyVersion)).Get(ctx)
		fmt.Println(e.Share.Item(), err)
		_, err = e.Share.Unlock().Get(ctx)
		fmt.Println(err)
		<-e.Share.Done()
		_, err = e.Share.Multi(ctx, zkasync.SetOp("/offset", []byte("18"), zkasync.AnyVersion)).Get(ctx)
		fmt.Println(errors.Is(err, recipe.ErrNotHeld))
		break
	}
	// Output:
	// queue1 <nil>
	// <nil>
	// true
}
