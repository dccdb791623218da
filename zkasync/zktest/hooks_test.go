package zktest_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// ends is a hook that keeps the ends of operations.
type ends []zkasync.OperationEnd

func (e *ends) OnOperationEnd(_ context.Context, op zkasync.OperationEnd) { *e = append(*e, op) }

// In a bubble, the times that hooks are told are exact.
func TestTime_HooksAreToldTheBubblesTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv, hook := zktest.Run(t), new(ends)
		c, err := zkasync.Connect(t.Context(), srv.Addr(), append(srv.Options(), zkasync.WithHooks(hook))...)
		if err != nil {
			t.Fatal(err)
		}
		srv.Freeze()
		exists := c.Exists(t.Context(), "/")
		time.Sleep(3 * time.Second)
		srv.Thaw()
		if _, err := exists.Get(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if len(*hook) != 1 {
			t.Fatalf("%d operations", len(*hook))
		}
		op := (*hook)[0]
		if op.Took != 3*time.Second || op.Wire != 3*time.Second || op.Queued != 0 {
			t.Errorf("it took %v: %v in the queue, %v on the wire; want 3s, all of it on the wire", op.Took, op.Queued, op.Wire)
		}
		if op.Server != srv.Addr() {
			t.Errorf("it went to %s, want %s", op.Server, srv.Addr())
		}
	})
}
