// Loader writes the lines of its input, "PATH VALUE", to ZooKeeper, with up to a thousand requests in flight. It creates missing
// parents.
//
//	go run ./docs/programs/loader 127.0.0.1:2181 <values.txt
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: loader SERVERS <LINES")
	}
	if err := load(context.Background(), os.Args[1], bufio.NewScanner(os.Stdin)); err != nil {
		log.Fatal(err)
	}
}

func load(ctx context.Context, servers string, lines *bufio.Scanner) error {
	c, err := zkasync.Connect(ctx, servers, zkasync.WithRetry(zkasync.RetryPolicy{}))
	if err != nil {
		return err
	}
	defer c.Close()

	ctx = zkasync.MarkIdempotent(ctx) // writing a value twice does no harm, so a request whose answer was lost can be repeated
	n, pending := 0, []*future.Future[zk.Stat](nil)
	defer func() { fmt.Println("loaded:", n) }()
	for more := true; more || len(pending) > 0; {
		if more = more && lines.Scan(); more {
			path, value, _ := strings.Cut(lines.Text(), " ")
			pending = append(pending, write(ctx, c, path, []byte(value)))
		}
		if len(pending) == 1000 || !more && len(pending) > 0 {
			if _, err := pending[0].Get(ctx); err != nil {
				return err
			}
			pending, n = pending[1:], n+1
		}
	}
	return lines.Err()
}

// write creates a znode, or sets its data if it exists.
func write(ctx context.Context, c *zkasync.Client, path string, value []byte) *future.Future[zk.Stat] {
	created := future.Then(c.Create(ctx, path, value, zkasync.MakeParents()), func(made zkasync.Created) (zk.Stat, error) { return made.Stat, nil })
	return future.FlatMap(future.Settle(created), func(rs []future.Result[zk.Stat]) *future.Future[zk.Stat] {
		if errors.Is(rs[0].Err, zk.ErrNodeExists) {
			return c.Set(ctx, path, value, zkasync.AnyVersion)
		}
		return created
	})
}
