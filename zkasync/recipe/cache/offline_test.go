package cache_test

import (
	"context"
	"errors"
	"testing"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync/recipe/cache"
)

// While there is no connection, contexts and Close of a newly opened cache work. It is loaded once there is a connection.
func TestCache_OpenedWithoutAConnection(t *testing.T) {
	t.Parallel()
	srv, c := inMemory(t)
	must(t, c.Create(t.Context(), "/a", []byte("1")))
	srv.Refuse(true)
	srv.Drop()
	k := cache.Open(c, "/a")
	defer k.Close()
	closed := cache.Open(c, "/a")
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	left, stays := k.Sync(ctx), k.Sync(t.Context())
	cancel(cause)
	if _, err := get(left); !errors.Is(err, cause) {
		t.Errorf("Sync whose context ended: %v", err)
	}
	callback := make(chan error, 1)
	waits := closed.Sync(t.Context())
	waits.OnDone(func(_ future.Void, err error) { callback <- err })
	closed.Close()
	if _, err := get(waits); !errors.Is(err, cache.ErrClosed) {
		t.Errorf("Sync of the closed cache: %v", err)
	}
	if err := <-callback; !errors.Is(err, cache.ErrClosed) {
		t.Errorf("the callback of that Sync got %v", err)
	}
	if stays.Ready() || k.Ready().Ready() || k.Current() {
		t.Fatal("something is complete or current without a connection")
	}
	srv.Refuse(false)
	must(t, stays)
	want(t, k, "/a=1")
}
