package zkasync_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
)

// Each read gets the same answer as alone, or a failure of its own that does not affect the others.
func TestMultiRead_AnswersAndFailuresAreEachTheirOwn(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	ctx := t.Context()
	must(t, c.Create(ctx, "/a", []byte("data")))
	must(t, c.Create(ctx, "/a/x", nil))
	must(t, c.Create(ctx, "/a/y", nil))
	must(t, c.Create(ctx, "/secret", nil, zkasync.WithACL(zk.WorldACL(zk.PermAll&^zk.PermRead))))
	got := must(t, c.MultiRead(ctx, zkasync.GetOp("/a"), zkasync.GetOp("/none"), zkasync.ChildrenOp("/a"),
		zkasync.ChildrenOp("/secret"), zkasync.ChildrenOp("/a/x"), zkasync.GetOp("/a/x")))
	if len(got) != 6 {
		t.Fatalf("%d results", len(got))
	}
	if want := must(t, c.Get(ctx, "/a")); string(got[0].Node.Data) != "data" || got[0].Node.Stat != want.Stat || got[0].Err != nil {
		t.Errorf("get: %+v, want %+v", got[0], want)
	}
	slices.Sort(got[2].Names)
	if !slices.Equal(got[2].Names, []string{"x", "y"}) || len(got[4].Names) != 0 || got[2].Err != nil || got[4].Err != nil {
		t.Errorf("children: %+v, %+v", got[2], got[4])
	}
	if got[5].Node.Data != nil || got[5].Err != nil {
		t.Errorf("null data: %+v", got[5])
	}
	for i, want := range map[int]error{1: zk.ErrNoNode, 3: zk.ErrNoAuth} {
		var e *zkasync.OpError
		if !errors.Is(got[i].Err, want) || !errors.As(got[i].Err, &e) || e.Outcome != zkasync.OutcomeRejected {
			t.Errorf("read %d: %v, want %v", i, got[i].Err, want)
		}
	}
	if want := "zkasync: get /none: node does not exist"; got[1].Err.Error() != want {
		t.Errorf("%q, want %q", got[1].Err, want)
	}
	if none := must(t, c.MultiRead(ctx)); len(none) != 0 {
		t.Errorf("without reads: %v", none)
	}
}

// Two znodes that are always written together are never seen apart, while another client writes.
func TestMultiRead_IsOfOneMoment(t *testing.T) {
	t.Parallel()
	root := sharedRoot(t)
	reader, writer := connect(t, root), connect(t, root)
	ctx := t.Context()
	must(t, writer.Multi(ctx, zkasync.CreateOp("/a", []byte("0")), zkasync.CreateOp("/b", []byte("0"))))
	var written []*future.Future[[]zkasync.MultiResult]
	var read []*future.Future[[]zkasync.ReadResult]
	for i := range 300 {
		data := []byte(fmt.Sprint(i))
		written = append(written, writer.Multi(ctx, zkasync.SetOp("/a", data, zkasync.AnyVersion), zkasync.SetOp("/b", data, zkasync.AnyVersion)))
		read = append(read, reader.MultiRead(ctx, zkasync.GetOp("/a"), zkasync.GetOp("/b")))
	}
	for i := range written {
		must(t, written[i])
		got := must(t, read[i])
		if a, b := got[0].Node, got[1].Node; string(a.Data) != string(b.Data) || a.Stat.Mzxid != b.Stat.Mzxid {
			t.Errorf("seen apart: %s and %s", a.Data, b.Data)
		}
	}
}

func TestMultiRead_RefusesBadInput(t *testing.T) {
	t.Parallel()
	c := rooted(t)
	var e *zkasync.MultiError
	err := fails(t, c.MultiRead(t.Context(), zkasync.GetOp("/a"), zkasync.ChildrenOp("b")), zk.ErrInvalidPath, zkasync.ErrNotSent)
	if !errors.As(err, &e) || e.Index != 1 || e.Op != "children" || e.Path != "b" {
		t.Errorf("%v", err)
	}
	fails(t, c.MultiRead(t.Context(), zkasync.ReadOp{}), zk.ErrInvalidPath)
	fails(t, c.MultiRead(t.Context(), slices.Repeat([]zkasync.ReadOp{zkasync.GetOp("/" + strings.Repeat("x", 1000))}, 1100)...),
		zkasync.ErrNotSent)
}

// A server that is too old ends the connection at a request that it does not know. No other operation is affected.
func TestMultiRead_UnknownHarmsNobodyElse(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		script := answersAheadUnknown(0, false, wire.OpMultiRead)
		c := connectScripted(t, script, script)
		before := c.Set(t.Context(), "/a", nil, zkasync.AnyVersion)
		asked := c.MultiRead(t.Context(), zkasync.GetOp("/a"))
		behind := c.Set(t.Context(), "/b", nil, zkasync.AnyVersion)
		must(t, before)
		fails(t, asked, zkasync.ErrUnimplemented)
		must(t, behind)
	})
}
