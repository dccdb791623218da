package zkasync_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// Requests of Conn share the connection with everybody, so the limit holds for them as well: with one byte more, the server would
// reset the connection.
func TestConn_RequestSizeLimit(t *testing.T) {
	for _, test := range []struct {
		limit int
		want  error
	}{
		{zkasync.DefaultMaxRequestSize, zk.ErrShortBuffer},
		{64 << 10, zk.ErrBadArguments}, // go-zookeeper's buffer must have room for a request that restores watches
	} {
		t.Run(fmt.Sprint(test.limit), func(t *testing.T) { testConnLimit(t, test.limit, test.want) })
	}
}

func testConnLimit(t *testing.T, limit int, want error) {
	t.Parallel()
	path := zkserver.Root(t)
	p := zkproxyForShared(t)
	c := connect(t, p.Addr(), zkasync.WithMaxRequestSize(limit))
	must(t, c.EnsurePath(t.Context(), path))
	frames := tap(p)

	fits := bytes.Repeat([]byte("x"), limit-frameOfSet(path, 0))
	if _, err := c.Conn().Set(path, fits, -1); err != nil {
		t.Errorf("set with a request of the limit: %v", err)
	}
	for _, over := range []int{1, 2, 1000, limit / 2} {
		if _, err := c.Conn().Set(path, make([]byte, len(fits)+over), -1); !errors.Is(err, want) {
			t.Errorf("set with a request %d bytes over the limit: %v, want %v", over, err, want)
		}
	}
	if n := must(t, c.Get(t.Context(), path)); !bytes.Equal(n.Data, fits) {
		t.Errorf("read %d bytes, want the %d that fit", len(n.Data), len(fits))
	}
	all := frames.requests()
	if len(all) != 2 || all[0].size != limit+4 || all[1].op != opGetData || all[1].conn != all[0].conn {
		t.Errorf("on the wire: %+v, want the set that fits and the get, on one connection", all)
	}
}
