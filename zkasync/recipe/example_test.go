package recipe_test

import (
	"context"

	"github.com/zkasync/zkasync-go/zkasync"
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
