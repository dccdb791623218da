package recipe_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

// Register a service, follow its peers, and leave.
func ExampleGroup() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	g := recipe.NewGroup(c, "/services/web")
	me := g.Join("host1", []byte("10.0.0.1:80"))
	if _, err := me.Ready().Get(ctx); err != nil {
		fmt.Println(err)
		return
	}
	for members, err := range g.Watch(ctx) { // goes on for as long as the program runs
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, m := range members {
			fmt.Printf("%s %s\n", m.Name, m.Data)
		}
		break
	}
	me.Close()
	members, err := g.Members(ctx).Get(ctx)
	fmt.Println(len(members), err)
	// Output:
	// host1 10.0.0.1:80
	// 0 <nil>
}

// The znode exists for as long as the program runs, even if somebody deletes it.
func ExampleKeepNode() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	n := recipe.KeepNode(c, "/hosts/host1", []byte("starting"))
	if _, err := n.SetData([]byte("ready")).Get(ctx); err != nil {
		fmt.Println(err)
		return
	}
	node, err := c.Get(ctx, n.Path()).Get(ctx)
	fmt.Println(string(node.Data), node.Stat.EphemeralOwner == c.Session().ID, err)
	// Output: ready true <nil>
}

// A program that has been restarted need not wait until the session of the one before has ended.
func ExampleTakeOver() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	n := recipe.KeepNode(c, "/hosts/host1", []byte("10.0.0.1:80"), recipe.TakeOver())
	_, err := n.Ready().Get(ctx)
	fmt.Println(n.Path(), err)
	// Output: /hosts/host1 <nil>
}

// Several znodes with one name differ by the number that the server appends.
func ExampleKeepNumbered() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	one, two := recipe.KeepNumbered(c, "/hosts/worker", nil), recipe.KeepNumbered(c, "/hosts/worker", nil)
	_, err := future.All(one.Ready(), two.Ready()).Get(ctx)
	fmt.Println(strings.HasSuffix(one.Path(), "-worker0000000000"), strings.HasSuffix(two.Path(), "-worker0000000001"), err)
	// Output: true true <nil>
}

// A select waits for changes of the group and for other things.
func ExampleGroup_Roster() {
	c, end := demo()
	defer end()

	g := recipe.NewGroup(c, "/services/web")
	peers := g.Roster(context.Background())
	defer peers.Close()
	g.Join("host1", []byte("10.0.0.1:80"))

	timeout := time.After(10 * time.Second)
	for {
		select {
		case members, open := <-peers.C():
			switch {
			case !open:
				fmt.Println(peers.Err())
				return
			case len(members) > 0:
				fmt.Println(members[0].Name, string(members[0].Data))
				return
			}
		case <-timeout:
			fmt.Println("nobody came")
			return
		}
	}
	// Output: host1 10.0.0.1:80
}

// A callback gets the group, in one sequence with all other callbacks of the client.
func ExampleRoster_OnChange() {
	c, end := demo()
	defer end()

	peers := recipe.NewGroup(c, "/services/web").Roster(context.Background())
	defer peers.Close()
	told := make(chan string)
	remove := peers.OnChange(func(members []recipe.Member) { told <- fmt.Sprint(len(members), " there") })
	fmt.Println(<-told)
	remove()
	// Output: 0 there
}

// A future for the next change can be waited for together with others.
func ExampleRoster_Changed() {
	c, end := demo()
	defer end()

	g := recipe.NewGroup(c, "/services/web")
	peers := g.Roster(context.Background())
	defer peers.Close()
	g.Join("host1", nil)
	for {
		changed := peers.Changed() // before Latest, so that nothing is missed
		if members, _ := peers.Latest(); len(members) > 0 {
			fmt.Println(members[0].Name)
			return
		}
		<-changed.Done()
	}
	// Output: host1
}

// The loop gets the group after each change.
func ExampleRoster_All() {
	c, end := demo()
	defer end()

	g := recipe.NewGroup(c, "/services/web")
	g.Join("host1", []byte("10.0.0.1:80"))
	peers := g.Roster(context.Background())
	for members, err := range peers.All(context.Background()) {
		if err == nil && len(members) == 1 {
			fmt.Println(members[0].Name)
			peers.Close()
		}
	}
	fmt.Println(peers.Err())
	// Output:
	// host1
	// recipe: watch group /services/web: it was given back
}

// The revision tells whether the group has changed since it was last used.
func ExampleRoster_At() {
	c, end := demo()
	defer end()

	peers := recipe.NewGroup(c, "/services/web").Roster(context.Background())
	defer peers.Close()
	<-peers.Changed().Done() // the first list
	_, before, known := peers.At()
	_, again, _ := peers.At()
	fmt.Println(known, before == again)
	// Output: true true
}

// After a change of permissions, Refresh reads everything again at once.
func ExampleRoster_Refresh() {
	c, end := demo()
	defer end()

	peers := recipe.NewGroup(c, "/services/web").Roster(context.Background())
	defer peers.Close()
	<-peers.Changed().Done()
	peers.Refresh()
	members, known := peers.Latest()
	fmt.Println(len(members), known)
	fmt.Println(peers.Stale()) // why the list is not current, if it is not
	// Output:
	// 0 true
	// <nil>
}
