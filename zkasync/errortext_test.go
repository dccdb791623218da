package zkasync_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// hostile are texts that must not reach a terminal as they are: control sequences in several encodings, a line that looks like
// another log entry, a change of the direction of writing.
var hostile = []string{"a\x9b31m", "a\u009b31m", "a\x1b[31m", "a\r\nERROR b", "a\u202eb", "a\u2028b", "a\x7f", "\xff\xfe"}

// isOneLine checks that the text of err is safe for a log and a terminal.
func isOneLine(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		t.Error("no error")
		return
	}
	text := err.Error()
	if !utf8.ValidString(text) {
		t.Errorf("text %q is not UTF-8", text)
	}
	for _, r := range text {
		if !strconv.IsPrint(r) {
			t.Errorf("text %q has %U in it", text, r)
		}
	}
}

func TestErrors_AreOneLineWhateverThePath(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	ctx := testContext(t)
	acl := zk.WorldACL(zk.PermAll)
	for _, name := range hostile {
		path := "/none/" + name
		bad := path + "/" // where the path alone would do
		isOneLine(t, outcome(t, c.Get(ctx, path)))
		isOneLine(t, outcome(t, c.GetW(ctx, path)))
		isOneLine(t, outcome(t, c.Create(ctx, path, nil)))
		isOneLine(t, outcome(t, c.EnsurePath(ctx, bad)))
		isOneLine(t, outcome(t, c.DeleteAll(ctx, bad)))
		isOneLine(t, outcome(t, c.Multi(ctx, zkasync.CheckOp(path, 0))))
		isOneLine(t, outcome(t, c.AddWatch(ctx, bad, zkasync.Persistent)))
		isOneLine(t, outcome(t, c.SetACL(ctx, "/a", append(acl, zk.ACL{Perms: 1, Scheme: name}), -1)))
		isOneLine(t, outcome(t, c.SetACL(ctx, "/a", append(acl, zk.ACL{Perms: 77, ID: name}), -1)))
		live := c.WatchData(ctx, bad)
		isOneLine(t, live.Err())
		if _, err := zkasync.New("h:2181" + path); err != nil {
			isOneLine(t, err)
		}
		_, err := zkasync.New(name)
		isOneLine(t, err)
		isOneLine(t, c.UpdateServers(name))
		_, err = zkasync.FourLetterWord(ctx, name, "ruok")
		isOneLine(t, err)
		_, err = zkasync.FourLetterWord(ctx, "h", name)
		isOneLine(t, err)
	}
	// This path is valid, but must not be shown as it is.
	isOneLine(t, fails(t, c.Get(ctx, "/a\u202eb"), zk.ErrNoNode))
	// This must come last: the server does not know the scheme, and closes the connection.
	isOneLine(t, fails(t, c.AddAuth(ctx, hostile[0], nil), zkasync.ErrAuthFailed))
}

// The error of a dialer, or a name in a server's certificate, may be anything.
func TestErrors_AreOneLineWhateverTheCause(t *testing.T) {
	t.Parallel()
	for _, text := range hostile {
		cause := errors.New(text)
		dial := func(context.Context, string, string) (net.Conn, error) { return nil, cause }
		c := unstarted(t, nowhere, zkasync.WithDialer(dial))
		states := c.States(testContext(t))
		ctx, cancel := context.WithCancelCause(testContext(t))
		started := make(chan error)
		go func() { started <- c.Start(ctx) }()
		if s := <-states; s.State != zkasync.StateConnecting {
			t.Errorf("state %v, want Connecting", s.State)
		}
		cancel(cause)
		err := <-started
		isOneLine(t, err)
		if !errors.Is(err, cause) {
			t.Errorf("%v is not its cause", err)
		}
		_, err = zkasync.FourLetterWord(testContext(t), nowhere, "ruok", zkasync.WithDialer(dial))
		isOneLine(t, err)
		if !errors.Is(err, cause) {
			t.Errorf("%v is not its cause", err)
		}
	}
}

func TestContexts_NilWaitsForAsLongAsItTakes(t *testing.T) {
	t.Parallel()
	needsAddWatch(t)
	c := rooted(t)
	var none context.Context
	if err := c.Start(none); err != nil {
		t.Errorf("start of a client that is started: %v", err)
	}
	made, err := c.Create(none, "/a", nil).Get(none)
	if err != nil || made.Path != "/a" {
		t.Errorf("create: %+v, %v", made, err)
	}
	var reads []*future.Future[zkasync.Node]
	for range 10 {
		reads = append(reads, c.Get(none, "/a"))
	}
	n := 0
	for _, r := range future.AsCompleted(none, reads...) {
		if r.Err != nil {
			t.Error(r.Err)
		}
		n++
	}
	if n != len(reads) {
		t.Errorf("%d of %d completed", n, len(reads))
	}
	sub := must(t, c.AddWatch(none, "/a", zkasync.Persistent))
	live := c.WatchChildren(none, "/a")
	states := c.States(none)
	again := zkasync.Retry(zkasync.MarkIdempotent(none), c, zkasync.RetryPolicy{}, func(ctx context.Context) *future.Future[zk.Stat] {
		return c.Set(ctx, "/a", nil, zkasync.AnyVersion)
	})
	must(t, again)
	for e, err := range sub.All(none) {
		if e.Path != "/a" || err != nil {
			t.Errorf("event of %s, %v", e.Path, err)
		}
		break
	}
	if r := <-live.C(); r.Err != nil || !r.Exists {
		t.Errorf("reading %+v", r)
	}
	if _, err := zkasync.FourLetterWord(none, strings.Split(nowhere, "/")[0], "ruok"); err == nil {
		t.Error("no error although nobody has answered")
	}
	must(t, future.Go(none, func(ctx context.Context) (string, error) { return fmt.Sprint(ctx), ctx.Err() }))
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	for s := range states {
		if s.State == zkasync.StateClosed {
			return
		}
	}
	t.Error("the states ended without Closed")
}
