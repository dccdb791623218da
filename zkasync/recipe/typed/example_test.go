package typed_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/typed"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// demo returns a client of a server in this process. Your program calls zkasync.Connect(ctx, "zk1:2181,zk2:2181").
func demo() (c *zkasync.Client, end func()) {
	srv, err := zktest.New()
	if err != nil {
		panic(err)
	}
	c, err = zkasync.Connect(context.Background(), srv.Addr(), srv.Options()...)
	if err != nil {
		panic(err)
	}
	return c, func() {
		_ = c.Close()
		srv.Close()
	}
}

// Config is the data of the examples' znodes.
type Config struct {
	Rate  int
	Hosts []string
}

func Example() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	configs := typed.New(c, typed.JSON[Config]())
	made, err := configs.Create(ctx, "/config", Config{Rate: 10}).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(made.Value.Rate, made.Stat.Version, string(made.Data))
	// Output: 10 0 {"Rate":10,"Hosts":null}
}

// Several processes add their own host at the same time, and none is lost.
func ExampleNodes_Update() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	configs := typed.New(c, typed.JSON[Config]())
	for _, host := range []string{"a", "b"} {
		_, err := configs.Update(ctx, "/config", func(now Config) (Config, error) {
			now.Hosts = append(now.Hosts, host)
			return now, nil
		}).Get(ctx)
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	now, err := configs.Get(ctx, "/config").Get(ctx)
	fmt.Println(now.Value.Hosts, now.Stat.Version, err)
	// Output: [a b] 1 <nil>
}

// One znode that somebody has spoilt costs that znode, and the error has what is in it.
func ExampleNodes_List() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	configs := typed.New(c, typed.JSON[Config]())
	_, err := configs.Create(ctx, "/configs/good", Config{Rate: 1}, zkasync.MakeParents()).Get(ctx)
	if err == nil {
		_, err = c.Create(ctx, "/configs/spoilt", []byte("rate = 1")).Get(ctx)
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	list, err := configs.List(ctx, "/configs").Get(ctx)
	for _, child := range list {
		var spoilt *typed.DecodeError
		if errors.As(child.Err, &spoilt) {
			fmt.Printf("%s has %q at version %d\n", spoilt.Path, spoilt.Data, spoilt.Stat.Version)
			continue
		}
		fmt.Println(child.Name, child.Value.Rate)
	}
	fmt.Println(err)
	// Output:
	// good 1
	// /configs/spoilt has "rate = 1" at version 0
	// <nil>
}

// A program that always works with the newest configuration.
func ExampleNodes_Watch() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	configs := typed.New(c, typed.JSON[Config]())
	config := configs.Watch(ctx, "/config")
	defer config.Close()
	if _, err := configs.Create(ctx, "/config", Config{Rate: 7}).Get(ctx); err != nil {
		fmt.Println(err)
		return
	}
	for now, err := range config.All(ctx) {
		if err != nil {
			fmt.Println(err)
			return
		}
		if now.Exists {
			fmt.Println(now.Value.Value.Rate, now.Err)
			return
		}
	}
	// Output: 7 <nil>
}

// A write that is refused if somebody else was faster.
func ExampleNodes_Set() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	configs := typed.New(c, typed.JSON[Config]())
	made, err := configs.Create(ctx, "/config", Config{Rate: 1}).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = configs.Set(ctx, "/config", Config{Rate: 2}, made.Stat.Version).Get(ctx)
	fmt.Println(err)
	_, err = configs.Set(ctx, "/config", Config{Rate: 3}, made.Stat.Version).Get(ctx)
	fmt.Println(errors.Is(err, zk.ErrBadVersion))
	// Output:
	// <nil>
	// true
}

// A value, and a future for its next change.
func ExampleNodes_GetW() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	configs := typed.New(c, typed.JSON[Config]())
	_, err := configs.Create(ctx, "/config", Config{Rate: 1}).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	now, err := configs.GetW(ctx, "/config").Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(now.Value.Value.Rate)
	configs.Set(ctx, "/config", Config{Rate: 2}, zkasync.AnyVersion)
	event, err := now.Event.Get(ctx)
	fmt.Println(event.Type, event.Path, err)
	// Output:
	// 1
	// EventNodeDataChanged /config <nil>
}

// A value in a select, until its end.
func ExampleLive_Decode() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	configs := typed.New(c, typed.JSON[Config]())
	_, err := configs.Create(ctx, "/config", Config{Rate: 7}).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	config := configs.Watch(ctx, "/config")
	select {
	case r := <-config.C():
		now := config.Decode(r)
		fmt.Println(now.Value.Value.Rate, now.Err)
	case <-config.Done():
		fmt.Println(config.Err())
	}
	config.Close()
	<-config.Done()
	fmt.Println(config.Err() != nil)
	// Output:
	// 7 <nil>
	// true
}

// A callback for each new value, and a look at the newest one.
func ExampleLive_OnChange() {
	c, end := demo()
	defer end()
	ctx := context.Background()

	configs := typed.New(c, typed.JSON[Config]())
	_, err := configs.Create(ctx, "/config", Config{Rate: 7}).Get(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	config := configs.Watch(ctx, "/config")
	defer config.Close()
	told := make(chan int, 1)
	remove := config.OnChange(func(now typed.Reading[Config]) { told <- now.Value.Value.Rate })
	fmt.Println(<-told)
	remove()

	config.Refresh() // for example after a permission was given: changes are noticed without it
	now, known := config.Latest()
	fmt.Println(now.Value.Value.Rate, known)
	// Output:
	// 7
	// 7 true
}
