package discovery_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/discovery"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(zkserver.Main(m)) }

// wait is how long a test waits for what must come.
const wait = 30 * time.Second

// place is a folder of the test's own on the shared server, and a client of it.
func place(t *testing.T) (servers string, c *zkasync.Client) {
	t.Helper()
	addr, root := zkserver.Shared(t).Addr(), zkserver.Root(t)
	maker := connect(t, addr)
	must(t, maker.EnsurePath(t.Context(), root))
	servers = addr + root
	return servers, connect(t, servers)
}

func connect(t *testing.T, servers string, opts ...zkasync.Option) *zkasync.Client {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), wait)
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

func must[T any](t *testing.T, f *future.Future[T]) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	v, err := f.Get(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func fails[T any](t *testing.T, f *future.Future[T], is error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	if _, err := f.Get(ctx); !errors.Is(err, is) {
		t.Fatalf("error %v, want one that is %v", err, is)
	}
}

// until waits until a view shows what is wanted, going by Changed and Latest.
func until(t *testing.T, v *discovery.View, what string, ok func(discovery.Service) bool) {
	t.Helper()
	end := time.After(wait)
	for {
		changed := v.Changed()
		s, known := v.Latest()
		if known && ok(s) {
			return
		}
		select {
		case <-changed.Done():
		case <-end:
			t.Fatalf("%s: not in time; there is %+v, %v", what, s, v.Err())
		}
	}
}

// says checks that a future fails with a text.
func says[T any](t *testing.T, f *future.Future[T], text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	if _, err := f.Get(ctx); err == nil || !contains(err, text) {
		t.Errorf("error %v, want one that says %s", err, text)
	}
}

func contains(err error, text string) bool { return strings.Contains(err.Error(), text) }
