package cache_test

import (
	"context"
	"errors"
	"testing"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// The context ends a Sync even after the server has caught up, while what was written before cannot be read yet.
func TestSync_EndsWithItsContext(t *testing.T) {
	t.Parallel()
	srv, c := inMemory(t)
	must(t, c.Create(t.Context(), "/a", nil))
	k := open(t, c, "/a")
	refused := srv.Fault(zktest.Fault{Op: zktest.OpGetData, Path: "/a", Do: zktest.Fail(zkasync.ErrThrottled)})
	must(t, c.Set(t.Context(), "/a", []byte("late"), 0))
	ctx, cancel := context.WithCancel(t.Context())
	var none context.Context // counts as Background
	left, stays := k.Sync(ctx), k.Sync(none)
	poll(t, "the server has caught up", func() bool {
		syncs := 0
		for _, q := range srv.Requests() {
			if q.Op == zktest.OpSync {
				syncs++
			}
		}
		return syncs >= 2 && refused.Fired() >= 2
	})
	cancel()
	if _, err := get(left); !errors.Is(err, context.Canceled) {
		t.Errorf("Sync whose context ended: %v", err)
	}
	if stays.Ready() {
		t.Error("Sync has completed before the write was reported")
	}
	refused.Remove()
	must(t, stays)
	if e, _ := k.Get("/a"); string(e.Data) != "late" {
		t.Errorf("the cache has %q", e.Data)
	}
}
