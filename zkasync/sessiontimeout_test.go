package zkasync_test

import (
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

func TestClient_SessionTimeoutIsTheServersWord(t *testing.T) {
	t.Parallel()
	for name, timeouts := range map[string]struct{ asked, granted time.Duration }{
		"too short":     {500 * time.Millisecond, time.Second}, // two of the server's ticks
		"within bounds": {2500 * time.Millisecond, 2500 * time.Millisecond},
		"too long":      {time.Hour, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := zkasync.New(zkserver.Shared(t).Addr(), zkasync.WithSessionTimeout(timeouts.asked))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = c.Close() })
			if got := c.Session().Timeout; got != 0 {
				t.Errorf("%v before the start", got)
			}
			c.StartAsync()
			poll(t, "session timeout", func() bool { return c.Session().Timeout != 0 }) // may be read while it is being written
			if got := c.Session().Timeout; got != timeouts.granted {
				t.Errorf("%v, want %v", got, timeouts.granted)
			}
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
			if got := c.Session().Timeout; got != 0 {
				t.Errorf("%v after Close", got)
			}
		})
	}
}

func TestClient_SessionTimeoutStaysWhileSuspended(t *testing.T) {
	t.Parallel()
	c, _, p := proxied(t, zkasync.WithSessionTimeout(shortSession))
	suspend(t, c, p)
	if got := c.Session().Timeout; got != shortSession {
		t.Errorf("%v, want %v", got, shortSession)
	}
}
