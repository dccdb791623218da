package zkasync_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// exampleServers returns a connection string for the shared server, with an existing chroot that belongs to the example alone.
func exampleServers(name string) string {
	tb := exampleTB{name}
	addr := zkserver.Shared(tb).Addr()
	if !zkserver.Shared(tb).Since("3.6") {
		addr = standIn()
	}
	servers := addr + zkserver.Root(tb)
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

// standIn returns the address of a server in memory for examples, if the real server does not support what they show, such as
// subscriptions. Examples cannot be skipped.
var standIn = sync.OnceValue(func() string {
	s, err := zktest.New(zktest.WithSessionTimeouts(time.Second, time.Minute)) // like those of zkserver
	if err != nil {
		panic(err)
	}
	addr, err := s.Listen("127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	closeStandIn = s.Close
	return addr
})

var closeStandIn = func() error { return nil }

// closesStandIn runs the tests and closes the stand-in, if there is one.
type closesStandIn struct{ m *testing.M }

func (c closesStandIn) Run() int {
	defer func() { _ = closeStandIn() }()
	return c.m.Run()
}

// exampleTB replaces the testing.TB that examples do not have.
type exampleTB struct{ name string }

func (tb exampleTB) Helper()                         {}
func (tb exampleTB) Name() string                    { return tb.name }
func (tb exampleTB) Failed() bool                    { return false }
func (tb exampleTB) Logf(format string, args ...any) { fmt.Printf(format+"\n", args...) }
func (tb exampleTB) Cleanup(func())                  {}
func (tb exampleTB) Fatalf(format string, args ...any) {
	panic(fmt.Sprintf(format, args...))
}
