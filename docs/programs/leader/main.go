// Leader competes for leadership and works while it leads. ZooKeeper refuses each of its writes if somebody else leads by then.
//
//	go run ./docs/programs/leader 127.0.0.1:2181 host1
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) != 3 {
		log.Fatal("usage: leader SERVERS NAME")
	}
	if err := run(ctx, os.Args[1], os.Args[2]); err != nil && ctx.Err() == nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, servers, name string) error {
	c, err := zkasync.Connect(ctx, servers, zkasync.WithSessionTimeout(4*time.Second))
	if err != nil {
		return err
	}
	defer c.Close() // lets the next candidate lead at once
	if _, err := c.EnsurePath(ctx, "/jobs/last").Get(ctx); err != nil {
		return err
	}
	election := recipe.NewElection(c, "/leader")
	for {
		lead, err := election.Campaign(ctx, []byte(name)).Get(ctx)
		if err != nil {
			return err
		}
		fmt.Println("leading, fence", lead.Fence())
		work(ctx, lead, name)
		fmt.Println("not leading:", context.Cause(lead.Context()))
	}
}

// work does something every 100 ms until the lead is lost.
func work(ctx context.Context, lead *recipe.Held, name string) {
	defer lead.Unlock()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-lead.Done():
			return
		case <-time.After(100 * time.Millisecond):
		}
		step := zkasync.SetOp("/jobs/last", fmt.Appendf(nil, "%s %d", name, n), zkasync.AnyVersion)
		if _, err := lead.Multi(ctx, step).Get(ctx); err != nil {
			log.Print(err)
			return
		}
	}
}
