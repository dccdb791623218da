package zkasync_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-zookeeper/zk"
	"pgregory.net/rapid"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// Random sequences of operations, all submitted before the first answer is there, come to the same with gets that travel together as
// without, on a real server: results, errors, versions, counts, their order, and events.
func TestCoalescedReads_RandomSequencesAsSingleReads(t *testing.T) {
	root := zkserver.Root(t)
	addr := zkserver.Shared(t).Addr()
	must(t, connect(t, addr).EnsurePath(t.Context(), root))
	clients := make(map[bool]*zkasync.Client)
	for _, on := range []bool{true, false} {
		clients[on] = connect(t, addr+root, zkasync.WithCoalescedReads(on))
	}
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(flag.Set("rapid.nofailfile", "true"))
	if checks := flag.Lookup("rapid.checks"); checks.Value.String() == checks.DefValue {
		must(checks.Value.Set("200"))
		if testing.Short() {
			must(checks.Value.Set("20"))
		}
		defer func() { must(checks.Value.Set(checks.DefValue)) }()
	}
	sequences := 0
	rapid.Check(t, func(rt *rapid.T) {
		sequences++
		ops := rapid.SliceOfN(rapid.Custom(drawPipelined), 1, 60).Draw(rt, "operations")
		var told [2]string
		for i, on := range []bool{true, false} {
			dir := fmt.Sprintf("/%d-%v", sequences, on)
			told[i] = strings.ReplaceAll(playPipelined(t.Context(), clients[on], dir, ops), dir, "")
		}
		if told[0] != told[1] {
			rt.Fatalf("together:\n%s\n\none by one:\n%s", told[0], told[1])
		}
	})
}

// pipelinedOp is one operation of a sequence.
type pipelinedOp struct {
	kind, path string
	version    int32
	size       int
}

func drawPipelined(rt *rapid.T) pipelinedOp {
	return pipelinedOp{
		kind: rapid.SampledFrom([]string{"get", "get", "get", "get", "get", "get", "get", "getW", "exists", "children", "create", "set", "delete",
			"forbidden", "sync"}).Draw(rt, "kind"),
		path:    rapid.SampledFrom([]string{"", "/a", "/b", "/a/c", "/d"}).Draw(rt, "path"),
		version: rapid.SampledFrom([]int32{-1, -1, 0, 1}).Draw(rt, "version"),
		size:    rapid.SampledFrom([]int{0, 1, 100, 5_000}).Draw(rt, "size"),
	}
}

// playPipelined submits all operations at once below a folder, and tells what came of them, in the order of the callbacks, and
// then of their watches. Callbacks run one at a time, so nothing guards what they tell to.
func playPipelined(ctx context.Context, c *zkasync.Client, dir string, ops []pipelinedOp) string {
	var told []string
	tell := func(i int, format string, args ...any) {
		told = append(told, fmt.Sprintf("%d %+v: ", i, ops[i])+fmt.Sprintf(format, args...))
	}
	events := make([]*future.Future[zkasync.Event], len(ops))
	c.Create(ctx, dir, nil)
	for i, o := range ops {
		path := dir + o.path
		switch o.kind {
		case "get":
			c.Get(ctx, path).OnDone(func(n zkasync.Node, err error) { tell(i, "%q %s %s", n.Data, statLine(n.Stat), errorLine(err)) })
		case "getW":
			c.GetW(ctx, path).OnDone(func(n zkasync.Watched[zkasync.Node], err error) {
				tell(i, "%q %s %s", n.Value.Data, statLine(n.Value.Stat), errorLine(err))
				events[i] = n.Event
			})
		case "exists":
			c.Exists(ctx, path).OnDone(func(st *zk.Stat, err error) {
				if st == nil {
					st = &zk.Stat{Version: -7}
				}
				tell(i, "%s %s", statLine(*st), errorLine(err))
			})
		case "children":
			c.Children(ctx, path).OnDone(func(kids zkasync.Children, err error) {
				tell(i, "%q %s %s", slices.Sorted(slices.Values(kids.Names)), statLine(kids.Stat), errorLine(err))
			})
		case "create":
			c.Create(ctx, path, make([]byte, o.size)).OnDone(func(_ zkasync.Created, err error) { tell(i, "%s", errorLine(err)) })
		case "forbidden":
			c.Create(ctx, path, nil, zkasync.WithACL(zk.WorldACL(zk.PermAll&^zk.PermRead))).
				OnDone(func(_ zkasync.Created, err error) { tell(i, "%s", errorLine(err)) })
		case "set":
			c.Set(ctx, path, make([]byte, o.size), o.version).OnDone(func(st zk.Stat, err error) { tell(i, "%s %s", statLine(st), errorLine(err)) })
		case "delete":
			f := c.Delete(ctx, path, o.version)
			f.OnDone(func(_ struct{}, err error) { tell(i, "%s", errorLine(err)) })
		case "sync":
			c.Sync(ctx, path).OnDone(func(_ string, err error) { tell(i, "%s", errorLine(err)) })
		}
	}
	for _, path := range []string{"/a/c", "/a", "/b", "/d", ""} { // so that all watches fire
		c.Delete(ctx, dir+path, zkasync.AnyVersion)
	}
	done := make(chan struct{})
	c.Sync(ctx, "/").OnDone(func(string, error) { close(done) }) // behind all other callbacks
	<-done
	for i, event := range events {
		if event != nil {
			e, err := event.Result() // it came before the answer to the change
			tell(i, "event %v %s %s", e.Type, e.Path, errorLine(err))
		}
	}
	return strings.Join(told, "\n")
}

// statLine is what two znodes with the same history have in common.
func statLine(st zk.Stat) string {
	return fmt.Sprintf("{v%d c%d a%d %d bytes %d kids written=%v}", st.Version, st.Cversion, st.Aversion, st.DataLength, st.NumChildren, st.Mzxid != st.Czxid)
}

func errorLine(err error) string {
	var server zkasync.ServerError
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &server):
		return fmt.Sprint("code ", server.Code)
	}
	return err.Error()
}
