package discovery_test

import (
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/discovery"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(check.Main(m)) }

// wait is how long a test waits for something that must happen.
const wait = check.Wait

// place returns a servers string whose chroot belongs to the test alone, and a client of it.
func place(t *testing.T) (servers string, c *zkasync.Client) {
	t.Helper()
	servers = check.Place(t)
	return servers, connect(t, servers)
}

func connect(t *testing.T, servers string, opts ...zkasync.Option) *zkasync.Client {
	t.Helper()
	return check.Connect(t, servers, opts...)
}

func must[T any](t *testing.T, f *future.Future[T]) T {
	t.Helper()
	return check.Value(t, f)
}

func fails[T any](t *testing.T, f *future.Future[T], want error) {
	t.Helper()
	check.Fails(t, f, want)
}

// poll waits until a condition holds.
func poll(t *testing.T, what string, ok func() bool) {
	t.Helper()
	check.Until(t, what, ok)
}

// until waits until ok accepts what the view has. It uses Changed and Latest.
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
			t.Fatalf("%s: not in time; the view has %+v, %v", what, s, v.Err())
		}
	}
}

// says checks that a future fails with an error that contains text.
func says[T any](t *testing.T, f *future.Future[T], text string) {
	t.Helper()
	if _, err := check.Get(f); err == nil || !contains(err, text) {
		t.Errorf("error %v, want one that says %s", err, text)
	}
}

func contains(err error, text string) bool { return strings.Contains(err.Error(), text) }
