package zkasync_test

import (
	"context"
	"fmt"

	"github.com/zkasync/zkasync-go/internal/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// exampleServers returns a connection string for the shared server, with a chroot of the example's own that exists.
func exampleServers(name string) string {
	tb := exampleTB{name}
	servers := zkserver.Shared(tb).Addr() + zkserver.Root(tb)
	c, err := zkasync.Connect(context.Background(), servers)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	defer c.Close()
	if _, err := c.EnsurePath(context.Background(), "/").Get(context.Background()); err != nil {
		tb.Fatalf("%v", err)
	}
	return servers
}

// exampleTB stands in for the testing.TB that examples do not have.
type exampleTB struct{ name string }

func (tb exampleTB) Helper()                         {}
func (tb exampleTB) Name() string                    { return tb.name }
func (tb exampleTB) Failed() bool                    { return false }
func (tb exampleTB) Logf(format string, args ...any) { fmt.Printf(format+"\n", args...) }
func (tb exampleTB) Cleanup(func())                  {}
func (tb exampleTB) Fatalf(format string, args ...any) {
	panic(fmt.Sprintf(format, args...))
}
