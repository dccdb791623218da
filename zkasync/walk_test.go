package zkasync_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// walked returns the lines of a walk, each a path with the beginning of its data, and the texts of its errors.
func walked(t *testing.T, c *zkasync.Client, path string, opts ...zkasync.WalkOption) (lines, failures []string) {
	t.Helper()
	for e, err := range c.Walk(testContext(t), path, opts...) {
		if err != nil {
			failures = append(failures, err.Error())
			continue
		}
		if int(e.Stat.DataLength) != len(e.Data) && len(opts) == 0 {
			t.Errorf("%s: %d bytes, stat %+v", e.Path, len(e.Data), e.Stat)
		}
		lines = append(lines, e.Path+"="+string(e.Data[:min(len(e.Data), 9)]))
	}
	return lines, failures
}

// forest makes a tree of a wide znode, a deep one, and many with a few children; it returns the lines of a walk.
func forest(t *testing.T, c *zkasync.Client, root string) (lines []string) {
	t.Helper()
	paths := []string{root}
	for i := range 40 {
		dir := fmt.Sprintf("%s/dir-%02d", root, i)
		paths = append(paths, dir)
		for j := range i % 7 {
			paths = append(paths, fmt.Sprintf("%s/%d", dir, j))
		}
	}
	deep := root + "/x"
	for range 20 {
		paths = append(paths, deep)
		deep += "/x"
	}
	paths = append(paths, root+"/x!") // "!" comes before "/", so this is no order of whole paths
	for i := range 300 {
		paths = append(paths, fmt.Sprintf("%s/x/w%03d", root, i))
	}
	b := c.Bulk(t.Context())
	var made []*future.Future[zkasync.Created]
	for i, path := range paths {
		made = append(made, b.Create(path, []byte(fmt.Sprint(i))))
		lines = append(lines, path+"="+fmt.Sprint(i))
	}
	must(t, future.All(made...))
	slices.SortFunc(lines, func(a, b string) int { return slices.Compare(parts(a), parts(b)) })
	return lines
}

func parts(line string) []string {
	path, _, _ := strings.Cut(line, "=")
	return strings.Split(path, "/")
}

func TestWalk_InOrderWithDataAndStats(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	ctx := t.Context()
	want := forest(t, c, "/f")
	got, failures := walked(t, c, "/f")
	if !slices.Equal(got, want) || failures != nil {
		t.Errorf("walked\n%q, want\n%q\nfailures %q", got, want, failures)
	}
	i := 0
	for e, err := range c.Walk(ctx, "/f", zkasync.StatsOnly(), zkasync.WalkOption{}) {
		if path, _, _ := strings.Cut(want[i], "="); err != nil || e.Path != path || e.Data != nil || e.Stat.Czxid == 0 || e.Stat.DataLength == 0 {
			t.Fatalf("without data: %+v %v, want %s", e, err, path)
		}
		i++
	}
	if i != len(want) {
		t.Errorf("%d znodes without data, want %d", i, len(want))
	}
	below, _ := walked(t, c, "/") // of a chroot
	if !slices.Equal(below[1:], want) || below[0] != "/=" {
		t.Errorf("from the root: %d znodes, the first is %s", len(below), below[0])
	}
	if one, _ := walked(t, c, "/f/x!"); len(one) != 1 {
		t.Errorf("without children: %q", one)
	}
}

// What may not be read comes with the reason, and the walk goes on; what cannot be read at all is an error of its own.
func TestWalk_WhatCannotBeRead(t *testing.T) {
	t.Parallel()
	c := rooted(t, zkasync.WithMaxReplySize(100_000))
	ctx := t.Context()
	must(t, c.EnsurePath(ctx, "/a/b/c"))
	must(t, c.Create(ctx, "/a/d", nil, zkasync.WithACL(zk.WorldACL(zk.PermAll&^zk.PermRead))))
	must(t, c.Create(ctx, "/a/d/below", nil))
	must(t, c.Create(ctx, "/a/e", make([]byte, 200_000)))
	must(t, c.Create(ctx, "/a/e/below", nil))
	must(t, c.Create(ctx, "/a/f", nil))
	var got []string
	for e, err := range c.Walk(ctx, "/a") {
		got = append(got, e.Path)
		switch e.Path {
		case "/a/d":
			var op *zkasync.OpError
			if !errors.Is(err, zk.ErrNoAuth) || !errors.As(err, &op) || op.Outcome != zkasync.OutcomeRejected {
				t.Errorf("%v", err)
			}
			if want := "zkasync: walk /a: get /a/d: not authenticated"; err.Error() != want {
				t.Errorf("%q, want %q", err, want)
			}
		case "/a/e":
			var size *zkasync.ReplySizeError
			if !errors.As(err, &size) {
				t.Errorf("%v", err)
			}
		default:
			if err != nil {
				t.Errorf("%s: %v", e.Path, err)
			}
		}
	}
	if want := []string{"/a", "/a/b", "/a/b/c", "/a/d", "/a/e", "/a/e/below", "/a/f"}; !slices.Equal(got, want) {
		t.Errorf("walked %q, want %q", got, want)
	}
	for _, opt := range []zkasync.WalkOption{{}, zkasync.StatsOnly()} {
		for path, want := range map[string]error{"/none": zk.ErrNoNode, "none": zk.ErrInvalidPath, "": zk.ErrInvalidPath} {
			n := 0
			for e, err := range c.Walk(ctx, path, opt) {
				if n++; !errors.Is(err, want) || e.Path != path || n > 1 {
					t.Errorf("%q: %+v %v", path, e, err)
				}
			}
			if n == 0 {
				t.Errorf("%q: no error", path)
			}
		}
	}
}

// A view's walk has the view's paths, in its entries and its errors, and sees nothing outside.
func TestWalk_OfAView(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	ctx := t.Context()
	must(t, c.EnsurePath(ctx, "/app-2/no"))
	app := view(t, view(t, c, "/app"), "/deep")
	for _, err := range app.Walk(ctx, "/") {
		if !errors.Is(err, zk.ErrNoNode) {
			t.Errorf("without the view's root: %v", err)
			continue
		}
		isAbout(t, err, "walk", "/")
	}
	must(t, c.EnsurePath(ctx, "/app"))
	want := forest(t, c, "/app/deep")
	for i, line := range want {
		want[i] = strings.TrimPrefix(line, "/app/deep")
	}
	want[0] = "/" + want[0]
	got, failures := walked(t, app, "/")
	if !slices.Equal(got, want) || failures != nil {
		t.Errorf("walked\n%q, want\n%q\nfailures %q", got, want, failures)
	}
	below, _ := walked(t, app, "/x", zkasync.StatsOnly())
	if len(below) < 300 || below[0] != "/x=" {
		t.Errorf("below /x: %d znodes, the first is %q", len(below), below[:1])
	}
	must(t, app.Create(ctx, "/dir-00/secret", nil, zkasync.WithACL(zk.DigestACL(zk.PermAll, "me", "pw"))))
	_, failures = walked(t, app, "/dir-00")
	if text := "zkasync: walk /dir-00: get /dir-00/secret: not authenticated"; !slices.Equal(failures, []string{text}) {
		t.Errorf("failures %q, want %q", failures, text)
	}
}

// walkOn returns a server in memory with /a/0 to /a/9, and a client of it.
func walkOn(t *testing.T, opts ...zkasync.Option) (*zktest.Server, *zkasync.Client) {
	t.Helper()
	srv := zktest.Run(t)
	tree := map[string]string{"/a": "top"}
	for i := range 10 {
		tree[fmt.Sprintf("/a/%d/below", i)] = "x"
	}
	_ = srv.Load(tree)
	return srv, connect(t, srv.Addr(), append(srv.Options(), opts...)...)
}

// Of what is deleted during the walk, all that was read before is there, and nothing else.
func TestWalk_Meanwhile(t *testing.T) {
	t.Parallel()
	srv, c := walkOn(t, zkasync.WithCoalescedReads(false))
	srv.Intercept(func(r zktest.Request) zktest.Action {
		switch {
		case r.Op == zktest.OpGetData && r.Path == "/a/1", r.Op == zktest.OpGetChildren2 && r.Path == "/a/3":
			_ = srv.Delete(r.Path + "/below")
			_ = srv.Delete(r.Path)
		case r.Op == zktest.OpGetData && r.Path == "/a/5/below":
			_ = srv.Delete(r.Path)
		}
		return zktest.Action{}
	})
	got, failures := walked(t, c, "/a")
	want := []string{"/a=top", "/a/0=", "/a/0/below=x", "/a/2=", "/a/2/below=x", "/a/3=", "/a/4=", "/a/4/below=x", "/a/5=",
		"/a/6=", "/a/6/below=x", "/a/7=", "/a/7/below=x", "/a/8=", "/a/8/below=x", "/a/9=", "/a/9/below=x"}
	if !slices.Equal(got, want) || failures != nil {
		t.Errorf("walked\n%q, want\n%q\nfailures %q", got, want, failures)
	}
}

// The connection's loss ends the walk where it was, after what has been read; with WithRetry it goes on.
func TestWalk_ConnectionLoss(t *testing.T) {
	t.Parallel()
	srv, c := walkOn(t, zkasync.WithCoalescedReads(false))
	drop := zktest.Fault{Op: zktest.OpGetData, Path: "/a/3", Count: 1, Do: zktest.Drop()}
	srv.Fault(drop)
	var got []string
	var last error
	for e, err := range c.Walk(t.Context(), "/a") {
		if last != nil {
			t.Errorf("%s comes after %v", e.Path, last)
		}
		got, last = append(got, e.Path), err
	}
	if !errors.Is(last, zkasync.ErrConnectionLoss) || got[len(got)-1] == "/a/9/below" || !strings.HasPrefix(last.Error(), "zkasync: walk /a: ") {
		t.Errorf("walked %q until %v", got, last)
	}
	patient := connect(t, srv.Addr(), append(srv.Options(), zkasync.WithRetry(zkasync.RetryPolicy{}))...)
	srv.Fault(drop)
	if all, failures := walked(t, patient, "/a"); len(all) != 21 || failures != nil {
		t.Errorf("walked %q, failures %q", all, failures)
	}
}

// The context, a Close and a break end it, whatever is on its way.
func TestWalk_Ends(t *testing.T) {
	t.Parallel()
	srv, c := walkOn(t, zkasync.WithCoalescedReads(false))
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	enough := errors.New("enough")
	var last error
	n := 0
	for _, err := range c.Walk(ctx, "/a") {
		n, last = n+1, err
		cancel(enough)
	}
	if !errors.Is(last, context.Canceled) || !errors.Is(last, enough) || n > 21 {
		t.Errorf("after %d: %v", n, last)
	}
	if want := "zkasync: walk /a: context canceled: enough"; last.Error() != want {
		t.Errorf("%q, want %q", last, want)
	}
	for range 100 {
		var background context.Context // nil is Background
		for range c.Walk(background, "/a") {
			break
		}
	}
	must(t, c.Exists(t.Context(), "/a")) // nothing of them is in the way

	reached := make(chan struct{})
	srv.Intercept(func(r zktest.Request) zktest.Action {
		if r.Path == "/a/5" {
			select {
			case <-reached:
			default:
				close(reached)
			}
		}
		return zktest.Action{}
	})
	srv.Fault(zktest.Fault{Path: "/a/5", Do: zktest.Hold()})
	ended := make(chan error, 1)
	go func() {
		for _, err := range c.Walk(context.Background(), "/a") {
			if err != nil {
				ended <- err
			}
		}
		close(ended)
	}()
	<-reached
	_ = c.Close()
	if err := <-ended; !errors.Is(err, zkasync.ErrClosed) && !errors.Is(err, zkasync.ErrConnectionLoss) {
		t.Errorf("after Close: %v", err)
	}
	for _, err := range c.Walk(t.Context(), "/a") {
		if !errors.Is(err, zkasync.ErrClosed) || !errors.Is(err, zkasync.ErrNotSent) {
			t.Errorf("of a closed client: %v", err)
		}
	}
}

// A walk can be made within a callback, which is where the callbacks of its own reads would run if it had any.
func TestWalk_WithinACallback(t *testing.T) {
	t.Parallel()
	_, c := walkOn(t)
	n := future.NewPromise[int](nil)
	c.Get(t.Context(), "/a").OnDone(func(zkasync.Node, error) {
		count := 0
		for _, err := range c.Walk(context.Background(), "/a") {
			if err != nil {
				n.Reject(err)
			}
			count++
		}
		n.Resolve(count)
	})
	if got := must(t, n.Future()); got != 21 {
		t.Errorf("%d znodes", got)
	}
}

// A wide znode's data is not held: what the server is asked for keeps up with the range.
func TestWalk_ReadsNoFurtherAheadThanItSays(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t)
	tree := map[string]string{}
	for i := range 1000 {
		tree[fmt.Sprintf("/w/%04d", i)] = "x"
	}
	_ = srv.Load(tree)
	c := connect(t, srv.Addr(), append(srv.Options(), zkasync.WithCoalescedReads(false))...)
	reads := 0 // the server answers one after the other
	srv.Intercept(func(r zktest.Request) zktest.Action {
		if r.Op == zktest.OpGetData {
			reads++
		}
		return zktest.Action{}
	})
	taken := 0
	for range c.Walk(t.Context(), "/w") {
		if taken++; taken == 500 {
			must(t, c.Sync(t.Context(), "/")) // all that was sent has been answered
			break
		}
	}
	if reads < taken || reads > taken+64 {
		t.Errorf("%d reads for %d znodes", reads, taken)
	}
}
