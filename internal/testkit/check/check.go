// Package check has what tests of a client share: clients that are closed when the test ends, and checks of futures and errors.
// Test packages give these functions short names of their own.
//
// Servers come from Run (real ones, or in memory with the flag -zktest), zkserver (real ones), zktest (in memory) and zkpeer
// (scripted), broken connections from zkproxy.
package check

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// Wait is how long a test waits for something that must happen.
const Wait = time.Minute

// pollEvery is how often Until checks.
const pollEvery = 2 * time.Millisecond

// Context returns a context that ends with the test, or after Wait.
func Context(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), Wait)
	t.Cleanup(cancel)
	return ctx
}

// Value waits for a future and returns its value. If the future fails, the test ends.
func Value[T any](t testing.TB, f *future.Future[T]) T {
	t.Helper()
	v, err := Get(f)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Fails waits for a future and returns its error, which must match each of want.
func Fails[T any](t testing.TB, f *future.Future[T], want ...error) error {
	t.Helper()
	_, err := Get(f)
	Error(t, err, want...)
	return err
}

// Error checks that there is an error, and that it matches each of want.
func Error(t testing.TB, err error, want ...error) {
	t.Helper()
	if err == nil {
		t.Error("no error")
	}
	for _, w := range want {
		if !errors.Is(err, w) {
			t.Errorf("error %v, want one that matches %v", err, w)
		}
	}
}

// Is checks that err matches want, or that there is no error if want is nil.
func Is(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
}

// Outcome waits for a future and returns its error. If the future does not complete, the test ends.
func Outcome[T any](t testing.TB, f *future.Future[T]) error {
	t.Helper()
	select {
	case <-f.Done():
	case <-time.After(Wait):
		t.Fatal("a future did not complete")
	}
	_, err := f.Result()
	return err
}

// Get waits for a future, for at most Wait, and returns its result.
func Get[T any](f *future.Future[T]) (T, error) {
	ctx, cancel := context.WithTimeout(context.Background(), Wait)
	defer cancel()
	return f.Get(ctx)
}

// Until waits until done returns true.
func Until(t testing.TB, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	deadline := time.After(Wait)
	for !done() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s: not in time", what)
		}
	}
}

// Connect returns a connected client, and closes it when the test ends.
func Connect(t testing.TB, servers string, opts ...zkasync.Option) *zkasync.Client {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Wait)
	defer cancel()
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

// Place creates a znode for the test alone on the shared server, and returns a connection string with it as the chroot.
func Place(t testing.TB) (servers string) {
	t.Helper()
	servers = zkserver.Shared(t).Addr() + zkserver.Root(t)
	c := Connect(t, servers)
	Value(t, c.EnsurePath(Context(t), "/"))
	return servers
}
