package zkasync_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

const smallReply = 16 << 10

// wideFolder creates /wide, whose list of children is larger than smallReply. It returns a client, a proxy of the server, and the
// chroot.
func wideFolder(t *testing.T) (twin *zkasync.Client, p *zkproxy.Proxy, root string) {
	t.Helper()
	root = zkserver.Root(t)
	twin = connect(t, zkserver.Shared(t).Addr()+root)
	must(t, twin.EnsurePath(t.Context(), "/wide"))
	var made []*future.Future[zkasync.Created]
	for i := range 200 {
		made = append(made, twin.Create(t.Context(), fmt.Sprintf("/wide/%s%03d", strings.Repeat("n", 100), i), nil))
	}
	must(t, future.All(made...))
	return twin, zkproxyForShared(t), root
}

// wantReplySize checks that err is the error for a reply above the limit, with both sizes.
func wantReplySize(t *testing.T, err error) {
	t.Helper()
	var size *zkasync.ReplySizeError
	if !errors.As(err, &size) || size.Limit != smallReply || size.Size < 200*100 || !errors.Is(err, zkasync.ErrOutcomeUnknown) {
		t.Errorf("error %v, want a ReplySizeError", err)
		return
	}
	if text := err.Error(); !strings.Contains(text, "WithMaxReplySize") || !strings.Contains(text, fmt.Sprint(size.Size)) {
		t.Errorf("error %q, want it to name the option and the sizes", text)
	}
	if errors.Is(err, zkasync.ErrConnectionLoss) {
		t.Errorf("error %v is a connection loss", err)
	}
}

// Only the operation whose reply is above the limit fails, once, whatever it is and however often it is repeated. The connection
// goes on.
func TestReplySize_ReplyAboveTheLimit(t *testing.T) {
	t.Parallel()
	twin, p, root := wideFolder(t)
	for name, opts := range map[string][]zkasync.Option{
		"plain":     nil,
		"WithRetry": {zkasync.WithRetry(zkasync.RetryPolicy{})},
	} {
		t.Run(name, func(t *testing.T) {
			var log strings.Builder // written to by the receive goroutine only, and read after that has ended
			logger := slog.New(slog.NewTextHandler(&log, nil))
			c := connect(t, p.Addr()+root, append(opts, zkasync.WithMaxReplySize(smallReply), zkasync.WithLogger(logger))...)
			before := p.Accepted()
			large := c.Children(t.Context(), "/wide")
			behind := c.Exists(t.Context(), "/wide")
			wantReplySize(t, outcome(t, large))
			must(t, behind)
			wantReplySize(t, outcome(t, c.ChildrenW(t.Context(), "/wide")))
			wantReplySize(t, outcome(t, zkasync.Retry(t.Context(), c, zkasync.RetryPolicy{}, func(ctx context.Context) *future.Future[zkasync.Children] {
				return c.Children(ctx, "/wide")
			})))
			if _, err := c.DeleteAll(t.Context(), "/wide").Get(testContext(t)); err == nil {
				t.Error("DeleteAll has deleted what it cannot list")
			}
			if _, _, err := c.Conn().Children(root + "/wide"); err == nil || errors.Is(err, zk.ErrConnectionClosed) {
				t.Errorf("go-zookeeper's children: %v, want an error that is not a connection loss", err)
			}
			must(t, c.Set(t.Context(), "/wide", nil, zkasync.AnyVersion))
			if n := p.Accepted() - before; n != 0 {
				t.Errorf("%d more connections, want none", n)
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
			if text := log.String(); !strings.Contains(text, "Conn() dropped") {
				t.Errorf("log %q, want go-zookeeper's request in it", text)
			}
		})
	}
	must(t, twin.Exists(t.Context(), "/wide"))
}

// A live list that has grown too large says so, and is current again when it has shrunk.
func TestReplySize_LiveListAboveTheLimit(t *testing.T) {
	t.Parallel()
	twin, p, root := wideFolder(t)
	c := connect(t, p.Addr()+root, zkasync.WithMaxReplySize(smallReply))
	before := p.Accepted()
	if !zkserver.Shared(t).Since("3.6") {
		before++ // one connection to find out that the server does not know persistent watches
	}
	l := c.WatchChildren(t.Context(), "/wide")
	defer l.Close()
	wantReplySize(t, nextReading(t, l).Err)
	names := must(t, twin.Children(t.Context(), "/wide")).Names
	for _, name := range names[1:] {
		must(t, twin.Delete(t.Context(), "/wide/"+name, zkasync.AnyVersion))
	}
	poll(t, "a list of one", func() bool {
		r, _ := l.Latest()
		return r.Err == nil && len(r.Value.Names) == 1
	})
	allowed := 0
	if !zkserver.Shared(t).Since("3.6") {
		allowed = 1 // the server has ended the connection at the request for a persistent watch
	}
	if n := p.Accepted() - before; n > allowed {
		t.Errorf("%d more connections, want %d", n, allowed)
	}
}

// The first multi-read on a connection is alone in flight, to find out whether the server knows it. If its reply is too large, what
// waits behind it is answered all the same.
func TestReplySize_FirstMultiReadAboveTheLimit(t *testing.T) {
	t.Parallel()
	zkserver.Needs(t, "3.6", "multi-reads")
	_, p, root := wideFolder(t)
	c := connect(t, p.Addr()+root, zkasync.WithMaxReplySize(smallReply))
	read := c.MultiRead(t.Context(), zkasync.ChildrenOp("/wide"))
	behind := c.Get(t.Context(), "/wide")
	wantReplySize(t, outcome(t, read))
	must(t, behind)
}

// The answer to a protected create is lost, and the list of its folder is too large to search.
func TestReplySize_ProtectedCreateInAFolderAboveTheLimit(t *testing.T) {
	t.Parallel()
	twin, p, root := wideFolder(t)
	c := connect(t, p.Addr()+root, zkasync.WithMaxReplySize(smallReply))
	before := p.Accepted()
	p.Drop(zkproxy.ToClient, true)
	made := c.Create(t.Context(), "/wide/p-", nil, zkasync.Protected(), zkasync.Ephemeral(), zkasync.Sequential())
	poll(t, "the znode", func() bool { return len(must(t, twin.Children(t.Context(), "/wide")).Names) == 201 })
	suspend(t, c, p)
	p.Heal()
	resume(t, p)
	wantReplySize(t, outcome(t, made))
	must(t, c.Set(t.Context(), "/wide", nil, zkasync.AnyVersion))
	if n := p.Accepted() - before; n != 1 {
		t.Errorf("%d more connections, want the one after the cut", n)
	}
}
