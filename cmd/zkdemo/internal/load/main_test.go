package load

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(check.Main(m)) }

// connect returns a client whose chroot belongs to the test alone, so that / shows what the test has left behind.
func connect(t *testing.T) (c *zkasync.Client, servers string) {
	t.Helper()
	root := zkserver.Root(t)
	above := connectTo(t, zkserver.Shared(t).Addr())
	if _, err := above.EnsurePath(t.Context(), root).Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	servers = zkserver.Shared(t).Addr() + root
	return connectTo(t, servers), servers
}

func connectTo(t *testing.T, servers string) *zkasync.Client {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	c, err := zkasync.Connect(ctx, servers)
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

// nothingLeft fails the test if the measurement has left znodes behind.
func nothingLeft(t *testing.T, c *zkasync.Client) {
	t.Helper()
	children, err := c.Children(t.Context(), "/").Get(t.Context())
	if err != nil || len(children.Names) > 0 {
		t.Errorf("left behind: %v, %v", children.Names, err)
	}
}
