package zktest_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// In Keeper's answer to a multi-read, only the header of a part says that it failed. Gets that travel together still get their
// own answers, and so do the parts of a MultiRead.
func TestServer_ClickHouseKeeperMultiReads(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	srv := zktest.Run(t, zktest.WithClickHouseKeeper())
	c := connect(t, srv)
	const n = 300
	for i := 0; i < n; i += 3 {
		must(t, srv.Put(fmt.Sprintf("/n/%d", i), fmt.Append(nil, i)))
	}
	var gets []*future.Future[zkasync.Node]
	for i := range n {
		gets = append(gets, c.Get(ctx, fmt.Sprintf("/n/%d", i)))
	}
	for i, f := range gets {
		node, err := f.Get(ctx)
		if there := i%3 == 0; there && (err != nil || string(node.Data) != fmt.Sprint(i)) || !there && !errors.Is(err, zk.ErrNoNode) {
			t.Fatalf("%d: %q, %v", i, node.Data, err)
		}
	}
	if !slices.ContainsFunc(srv.Requests(), func(q zktest.Request) bool { return q.Op == zktest.OpMultiRead }) {
		t.Error("no gets travelled together")
	}
	results, err := c.MultiRead(ctx, zkasync.GetOp("/n/1"), zkasync.ChildrenOp("/none"), zkasync.GetOp("/n/3"), zkasync.ChildrenOp("/keeper")).Get(ctx)
	must(t, err)
	if !errors.Is(results[0].Err, zk.ErrNoNode) || !errors.Is(results[1].Err, zk.ErrNoNode) ||
		string(results[2].Node.Data) != "3" || len(results[3].Names) != 2 {
		t.Errorf("%+v", results)
	}
}

// A multi-read may contain exists and lists with a stat at Keeper, but not at ZooKeeper.
func TestServer_ClickHouseKeeperTakesAllReads(t *testing.T) {
	t.Parallel()
	body := multiBody([]part{{wire.OpExists, cat(str("/"), boolean(false))}, {wire.OpGetChildren2, cat(str("/"), boolean(false))},
		{wire.OpExists, cat(str("/none"), boolean(false))}})
	for _, keeper := range []bool{false, true} {
		var opts []zktest.Option
		if keeper {
			opts = append(opts, zktest.WithClickHouseKeeper())
		}
		r := openRaw(t, zktest.Run(t, opts...))
		r.send(wire.OpMultiRead, body)
		h, rest, err := r.reply()
		must(t, err)
		if !keeper {
			if h.Err != wire.CodeMarshalling || len(rest) > 0 {
				t.Errorf("ZooKeeper: %+v, %x", h, rest)
			}
			continue
		}
		op, _, code, rest, err := wire.DecodeMultiHeader(rest)
		if err != nil || op != wire.OpExists || code != 0 || h.Err != 0 {
			t.Errorf("%v %d %+v, %v", op, code, h, err)
		}
		var st zk.Stat
		rest, err = wire.DecodeStat(rest, &st)
		must(t, err)
		op, _, _, rest, err = wire.DecodeMultiHeader(rest)
		must(t, err)
		names, rest, err := wire.DecodeStrings(rest)
		if err != nil || op != wire.OpGetChildren2 || len(names) != 2 {
			t.Errorf("%v %q, %v", op, names, err)
		}
		rest, err = wire.DecodeStat(rest, &st)
		must(t, err)
		if op, _, code, rest, err = wire.DecodeMultiHeader(rest); err != nil || op != wire.OpExists || code != wire.CodeNoNode {
			t.Errorf("%v %d, %v", op, code, err)
		}
		if _, done, _, rest, err := wire.DecodeMultiHeader(rest); err != nil || !done || len(rest) > 0 {
			t.Errorf("%v %x, %v", done, rest, err)
		}
	}
}

// Keeper grants a new session at each reconnection.
func TestServer_ClickHouseKeeper(t *testing.T) {
	t.Parallel()
	ctx := testContext(t)
	srv := zktest.Run(t, zktest.WithClickHouseKeeper())
	c := connect(t, srv)
	_, err := c.Get(ctx, "/keeper/feature_flags").Get(ctx)
	must(t, err)
	old := c.Session().ID
	srv.Drop()
	for {
		if _, err = c.Exists(ctx, "/").Get(ctx); !errors.Is(err, zkasync.ErrConnectionLoss) && !errors.Is(err, zkasync.ErrSessionExpired) {
			break
		}
	}
	must(t, err)
	if again := c.Session().ID; again == old {
		t.Error("the session is the same")
	}
}
