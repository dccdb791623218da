package recipe_test

import (
	"errors"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(check.Main(m)) }

// wait is how long a test waits for something that must happen.
const wait = check.Wait

// place returns a servers string whose chroot belongs to the test alone, and a client of it.
func place(t *testing.T, opts ...zkasync.Option) (servers string, c *zkasync.Client) {
	t.Helper()
	servers = check.Place(t)
	return servers, connect(t, servers, opts...)
}

func connect(t *testing.T, servers string, opts ...zkasync.Option) *zkasync.Client {
	t.Helper()
	if !zkserver.Shared(t).Since("3.6") { // older servers end the connection at a multi-read, and with it what is held
		opts = append([]zkasync.Option{zkasync.WithCoalescedReads(false)}, opts...)
	}
	return check.Connect(t, servers, opts...)
}

func must[T any](t *testing.T, f *future.Future[T]) T {
	t.Helper()
	return check.Value(t, f)
}

func get[T any](f *future.Future[T]) (T, error) { return check.Get(f) }

func fails[T any](t *testing.T, f *future.Future[T], want ...error) error {
	t.Helper()
	return check.Fails(t, f, want...)
}

// names returns the children of a path, or none if it does not exist.
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
	check.Until(t, what, ok)
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
