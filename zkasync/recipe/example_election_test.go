package recipe_test

import (
	"context"
	"fmt"

	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

// A candidate leads for as long as it can, and others follow whoever leads.
func ExampleElection() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	e := recipe.NewElection(c, "/election")
	lead, err := e.Campaign(ctx, []byte("10.0.0.1:8080")).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	leaders := e.Observe(ctx)
	defer leaders.Close()
	for leader, err := range leaders.All(ctx) { // goes on until ctx ends
		fmt.Println(leader.Identifier, leader.Fence == lead.Fence(), err)
		break
	}
	leader, err := e.Leader(ctx).Get(ctx)
	fmt.Println(leader.Identifier, err)
	all, err := e.Candidates(ctx).Get(ctx)
	fmt.Println(len(all), err)
	lead.Unlock()
	fmt.Println(context.Cause(lead.Context()))
	// Output:
	// 10.0.0.1:8080 true <nil>
	// 10.0.0.1:8080 <nil>
	// 1 <nil>
	// it was given back
}

// Leaders can be followed in a select, or by a callback.
func ExampleElection_Observe() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	e := recipe.NewElection(c, "/election")
	if _, err := e.Campaign(ctx, []byte("10.0.0.1:8080")).Get(ctx); err != nil {
		fmt.Println(err)
		return
	}
	leaders := e.Observe(ctx)
	defer leaders.Close()
	select {
	case leader := <-leaders.C():
		fmt.Println("channel:", leader.Identifier)
	case <-leaders.Done():
		fmt.Println(leaders.Err())
	}
	called := make(chan struct{})
	leaders.OnChange(func(leader recipe.Contender) {
		fmt.Println("callback:", leader.Identifier)
		close(called)
	})
	<-called
	latest, known := leaders.Latest()
	fmt.Println("at once:", latest.Identifier, known)
	// Output:
	// channel: 10.0.0.1:8080
	// callback: 10.0.0.1:8080
	// at once: 10.0.0.1:8080 true
}
