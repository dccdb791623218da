// Service registers itself, and follows its peers with their data and its configuration until it is interrupted.
//
//	go run ./docs/programs/service 127.0.0.1:2181 web1 10.0.0.1:8080
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) != 4 {
		log.Fatal("usage: service SERVERS NAME ADDRESS")
	}
	if err := run(ctx, os.Args[1], os.Args[2], os.Args[3]); err != nil && ctx.Err() == nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, servers, name, address string) error {
	c, err := zkasync.Connect(ctx, servers)
	if err != nil {
		return err
	}
	defer c.Close() // leaves the group at once

	// The group registers us again whenever the session has ended. TakeOver replaces what an earlier run has left behind.
	group := recipe.NewGroup(c, "/services/web", recipe.TakeOver())
	if _, err := group.Join(name, []byte(address)).Ready().Get(ctx); err != nil {
		return err
	}
	c.WatchData(ctx, "/config/web").OnChange(func(config zkasync.Reading[zkasync.Node]) {
		if config.Exists { // otherwise keep the old configuration
			fmt.Printf("config: %s\n", config.Value.Data)
		}
	})
	for members, err := range group.Watch(ctx) {
		if err != nil {
			return err // the watch has ended, for example because ctx has
		}
		fmt.Print("peers:")
		for _, m := range members {
			fmt.Printf(" %s=%s", m.Name, m.Data)
		}
		fmt.Println()
	}
	return nil
}
