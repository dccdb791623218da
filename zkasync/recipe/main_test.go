package recipe_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(zkserver.Main(m)) }

// wait is how long a test waits for what must come.
const wait = 30 * time.Second

// place is a folder of the test's own on the shared server, and a client of it.
func place(t *testing.T, opts ...zkasync.Option) (servers string, c *zkasync.Client) {
	t.Helper()
	addr, root := zkserver.Shared(t).Addr(), zkserver.Root(t)
	maker := connect(t, addr)
	must(t, maker.EnsurePath(t.Context(), root))
	servers = addr + root
	return servers, connect(t, servers, opts...)
}

func connect(t *testing.T, servers string, opts ...zkasync.Option) *zkasync.Client {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	if !zkserver.Shared(t).Since("3.6") { // it ends the connection at the first multi-read, and with it what is held
		opts = append([]zkasync.Option{zkasync.WithCoalescedReads(false)}, opts...)
	}
	c, err := zkasync.Connect(ctx, servers, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return c
}

func must[T any](t *testing.T, f *future.Future[T]) T {
	t.Helper()
	v, err := get(f)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func get[T any](f *future.Future[T]) (T, error) {
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	return f.Get(ctx)
}

func fails[T any](t *testing.T, f *future.Future[T], is ...error) error {
	t.Helper()
	_, err := get(f)
	if err == nil {
		t.Fatal("it succeeds")
	}
	for _, e := range is {
		if !errors.Is(err, e) {
			t.Fatalf("error %v, want one that is %v", err, e)
		}
	}
	return err
}

// names are the children of a path, none if it does not exist.
func names(t *testing.T, c *zkasync.Client, path string) []string {
	t.Helper()
	must(t, c.Sync(t.Context(), path))
	l, err := get(c.Children(t.Context(), path))
	if err != nil && !errors.Is(err, zkasync.ServerError{Code: -101}) {
		t.Fatal(err)
	}
	return l.Names
}

// poll waits until a condition holds.
func poll(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(wait); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not in time", what)
		}
	}
}

func within(t *testing.T, what string, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	select {
	case <-done:
	case <-time.After(wait):
		t.Fatalf("%s: not in time", what)
	}
}
