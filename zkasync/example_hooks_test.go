package zkasync_test

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/zkasync/zkasync-go/zkasync"
)

// slowLog is a hook that logs operations that take long, with the identity of the request that they were made for.
type slowLog struct{ limit time.Duration }

type requestID struct{}

func (l slowLog) OnOperationEnd(ctx context.Context, op zkasync.OperationEnd) {
	if op.Took > l.limit {
		slog.Warn("slow operation", "for", ctx.Value(requestID{}), "name", op.Name, "path", op.Path, "server", op.Server,
			"queued", op.Queued, "wire", op.Wire, "error", zkasync.ErrorType(op.Err))
	}
}

// counts is a hook that counts how operations end. Its method runs on one goroutine, so it needs no lock if it is
// read only after Close.
type counts map[string]int

func (n counts) OnOperationEnd(_ context.Context, op zkasync.OperationEnd) {
	n[op.Name+" "+zkasync.ErrorType(op.Err)]++
}

// A hook implements the interfaces for what it wants to know, and no others.
func ExampleWithHooks() {
	ctx := context.WithValue(context.Background(), requestID{}, "order 4711")
	ends := make(counts)
	c, err := zkasync.Connect(ctx, demoServers(), zkasync.WithHooks(ends, slowLog{time.Minute}))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, _ = c.Create(ctx, "/queue", nil).Get(ctx)
	_, _ = c.Create(ctx, "/queue", nil).Get(ctx)
	_, _ = c.Get(ctx, "/missing").Get(ctx)
	_ = c.Close() // all hooks have returned by then

	fmt.Println(ends["create "], ends["create NodeExists"], ends["get NoNode"])
	// Output:
	// 1 1 1
}

// stateLog is a hook that prints states, and what becomes of watches and slow callbacks.
type stateLog struct{}

func (stateLog) OnStateChange(s zkasync.StateEvent) { fmt.Println("state:", s.State) }

func (stateLog) OnWatch(w zkasync.WatchEvent) { fmt.Println("watch of", w.Path, w.Kind+":", w.Step) }

func (stateLog) OnSlowCallback(s zkasync.SlowCallback) { fmt.Println("slow:", s.Name, s.Took) }

// These hooks report what becomes of a client and its watches.
func ExampleWithSlowCallback() {
	ctx := context.Background()
	c, err := zkasync.Connect(ctx, demoServers(), zkasync.WithHooks(stateLog{}), zkasync.WithSlowCallback(time.Minute))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, _ = c.ExistsW(ctx, "/").Get(ctx)
	_ = c.Close()
	// Output:
	// state: Connecting
	// state: Connected
	// watch of / data: set
	// watch of / data: lost
	// state: Closed
}

// ErrorType gives one of a few names, whatever the text of the error.
func ExampleErrorType() {
	ctx := context.Background()
	c, err := zkasync.Connect(ctx, demoServers())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	_, missing := c.Get(ctx, "/missing").Get(ctx)
	_, bad := c.Get(ctx, "no path").Get(ctx)
	fmt.Println(zkasync.ErrorType(missing), zkasync.ErrorType(bad), zkasync.ErrorType(nil) == "")
	// Output:
	// NoNode BadArguments true
}
