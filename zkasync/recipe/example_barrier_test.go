package recipe_test

import (
	"context"
	"fmt"

	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

// Everybody waits until something is done.
func ExampleBarrier() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	b := recipe.NewBarrier(c, "/migration")
	if _, err := b.Set(ctx).Get(ctx); err != nil {
		fmt.Println(err)
		return
	}
	waiting := b.Wait(ctx) // here and in other processes
	fmt.Println(waiting.Ready())
	if _, err := b.Remove(ctx).Get(ctx); err != nil {
		fmt.Println(err)
		return
	}
	_, err := waiting.Get(ctx)
	fmt.Println(err)
	// Output:
	// false
	// <nil>
}

// Two participants begin together and end together.
func ExampleDoubleBarrier() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	one, two := recipe.NewDoubleBarrier(c, "/step1", 2), recipe.NewDoubleBarrier(c, "/step1", 2)
	first, second := one.Enter(ctx), two.Enter(ctx)
	_, err := first.Get(ctx)
	fmt.Println(err)
	_, err = second.Get(ctx)
	fmt.Println(err)
	first, second = one.Leave(ctx), two.Leave(ctx)
	_, err = first.Get(ctx)
	fmt.Println(err)
	_, err = second.Get(ctx)
	fmt.Println(err)
	// Output:
	// <nil>
	// <nil>
	// <nil>
	// <nil>
}
