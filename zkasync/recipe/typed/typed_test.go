package typed_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"testing"

	"github.com/go-zookeeper/zk"
	"go.uber.org/goleak"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/typed"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(check.Main(m)) }

type limits struct{ Rate, Burst int }

func place(t *testing.T) (*zkasync.Client, *typed.Nodes[limits]) {
	t.Helper()
	c := check.Connect(t, check.Place(t))
	return c, typed.New(c, typed.JSON[limits]())
}

// wantUnread checks that err is about data that could not be decoded, and keeps it.
func wantUnread(t *testing.T, err error, path, data string, version int32) {
	t.Helper()
	var e *typed.DecodeError
	if !errors.As(err, &e) {
		t.Errorf("error %v, want a DecodeError", err)
		return
	}
	var syntax *json.SyntaxError
	if e.Path != path || string(e.Data) != data || e.Stat.Version != version || !errors.As(err, &syntax) {
		t.Errorf("error %v of %s with the data %q and version %d", e, e.Path, e.Data, e.Stat.Version)
	}
}

func TestNodes_ReadAndWrite(t *testing.T) {
	t.Parallel()
	c, n := place(t)
	ctx := t.Context()
	made := check.Value(t, n.Create(ctx, "/dir/l-", limits{1, 2}, zkasync.MakeParents(), zkasync.Sequential()))
	if made.Path != "/dir/l-0000000000" || made.Value != (limits{1, 2}) || string(made.Data) != `{"Rate":1,"Burst":2}` {
		t.Errorf("created %+v", made)
	}
	got := check.Value(t, n.Get(ctx, made.Path))
	if got.Value != made.Value || got.Path != made.Path || got.Stat.Version != 0 {
		t.Errorf("read %+v", got)
	}
	set := check.Value(t, n.Set(ctx, made.Path, limits{3, 4}, got.Stat.Version))
	if set.Stat.Version != 1 || set.Value.Rate != 3 {
		t.Errorf("set %+v", set)
	}
	check.Fails(t, n.Set(ctx, made.Path, limits{}, 0), zk.ErrBadVersion)
	check.Fails(t, n.Get(ctx, "/none"), zk.ErrNoNode)
	check.Fails(t, n.Create(ctx, made.Path, limits{}), zk.ErrNodeExists)
	watched := check.Value(t, n.GetW(ctx, made.Path))
	check.Value(t, c.Set(ctx, made.Path, []byte("{"), 1))
	if e := check.Value(t, watched.Event); watched.Value.Value.Rate != 3 || e.Type != zk.EventNodeDataChanged {
		t.Errorf("watched %+v, event %v", watched.Value, e)
	}
	_, err := check.Get(n.Get(ctx, made.Path))
	wantUnread(t, err, made.Path, "{", 2)
	_, err = check.Get(n.GetW(ctx, made.Path))
	wantUnread(t, err, made.Path, "{", 2)
}

// A child that cannot be decoded does not hide the others.
func TestNodes_ListKeepsWhatCanBeDecoded(t *testing.T) {
	t.Parallel()
	c, n := place(t)
	ctx := t.Context()
	for name, data := range map[string]string{"a": `{"Rate":1}`, "b": `no`, "c": `{"Rate":3}`} {
		check.Value(t, c.Create(ctx, "/"+name, []byte(data)))
	}
	check.Value(t, c.Create(ctx, "/d", []byte("{}"), zkasync.WithACL(zk.WorldACL(zk.PermDelete))))
	list := check.Value(t, n.List(ctx, "/"))
	if len(list) != 4 {
		t.Fatalf("%d children", len(list))
	}
	for i, want := range map[int]string{0: "/a", 2: "/c"} {
		if ch := list[i]; ch.Err != nil || ch.Value.Rate != i+1 || ch.Path != want {
			t.Errorf("child %d: %+v", i, ch)
		}
	}
	wantUnread(t, list[1].Err, "/b", "no", 0)
	if list[3].Name != "d" || list[3].Path != "/d" || !errors.Is(list[3].Err, zk.ErrNoAuth) {
		t.Errorf("child 3: %+v", list[3])
	}
	check.Fails(t, n.List(ctx, "/none"), zk.ErrNoNode)
}

func TestNodes_UpdateLosesNoChange(t *testing.T) {
	t.Parallel()
	_, n := place(t)
	ctx := t.Context()
	const changes = 20
	var all []*future.Future[typed.Versioned[limits]]
	for range changes {
		all = append(all, n.Update(ctx, "/dir/x", func(l limits) (limits, error) {
			l.Burst++
			return l, nil
		}))
	}
	seen := make(map[int]bool)
	for _, v := range check.Value(t, future.All(all...)) {
		seen[v.Value.Burst] = true
	}
	got := check.Value(t, n.Get(ctx, "/dir/x"))
	if got.Value.Burst != changes || len(seen) != changes || got.Stat.Version != changes-1 {
		t.Errorf("after %d changes: %+v; their results were %v", changes, got, seen)
	}
}

func TestNodes_UpdateFails(t *testing.T) {
	t.Parallel()
	c, n := place(t)
	ctx := t.Context()
	own := errors.New("own")
	check.Fails(t, n.Update(ctx, "/x", func(l limits) (limits, error) { return l, own }), own)
	check.Value(t, c.Create(ctx, "/x", []byte("no")))
	_, err := check.Get(n.Update(ctx, "/x", func(l limits) (limits, error) { return l, nil }))
	wantUnread(t, err, "/x", "no", 0)
	check.Value(t, c.Set(ctx, "/x", nil, 0)) // a znode without data is there, and is no value
	_, err = check.Get(n.Update(ctx, "/x", func(l limits) (limits, error) { return l, nil }))
	var e *typed.DecodeError
	if !errors.As(err, &e) || e.Stat.Version != 1 {
		t.Errorf("without data: %v", err)
	}
	if _, err := check.Get(n.Update(ctx, "/x", nil)); err == nil {
		t.Error("a nil function is accepted")
	}
}

// even is a codec of even numbers.
type even struct{}

var errOdd = errors.New("odd")

func (even) Encode(v int) ([]byte, error) {
	if v%2 != 0 {
		return nil, errOdd
	}
	return strconv.AppendInt(nil, int64(v), 10), nil
}

func (even) Decode(data []byte) (int, error) { return strconv.Atoi(string(data)) }

func TestNodes_WhatCannotBeEncodedIsNotSent(t *testing.T) {
	t.Parallel()
	c, _ := place(t)
	n := typed.New(c, even{})
	ctx := t.Context()
	check.Value(t, n.Create(ctx, "/x", 2))
	odd := func(int) (int, error) { return 3, nil }
	for name, f := range map[string]*future.Future[typed.Versioned[int]]{
		"set": n.Set(ctx, "/x", 1, 0), "create": n.Create(ctx, "/y", 1), "update": n.Update(ctx, "/x", odd),
	} {
		err := check.Fails(t, f, errOdd, zkasync.ErrNotSent)
		var op *zkasync.OpError
		var encode *typed.EncodeError
		if !errors.As(err, &op) || op.Op != name || !errors.As(err, &encode) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := check.Value(t, n.Get(ctx, "/x")); got.Value != 2 || got.Stat.Version != 0 {
		t.Errorf("the znode has %+v", got)
	}
}

func TestLive_FollowsTheValue(t *testing.T) {
	t.Parallel()
	c, n := place(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	live := n.Watch(ctx, "/x")
	called := make(chan typed.Reading[limits], 10)
	remove := live.OnChange(func(r typed.Reading[limits]) { called <- r })
	steps := []func(){
		func() {},
		func() { check.Value(t, n.Create(ctx, "/x", limits{Rate: 1})) },
		func() { check.Value(t, c.Set(ctx, "/x", []byte("no"), 0)) },
		func() { check.Value(t, n.Set(ctx, "/x", limits{Rate: 2}, 1)) },
	}
	for i, step := range steps {
		step()
		r, known := live.Latest()
		check.Until(t, fmt.Sprintf("step %d", i), func() bool {
			r, known = live.Latest()
			return known && r.Exists == (i > 0) && (i == 0 || r.Value.Stat.Version == int32(i-1) || r.Err != nil && i == 2)
		})
		if r.Exists != (i > 0) || r.Value.Value.Rate != [...]int{0, 1, 0, 2}[i] {
			t.Errorf("step %d: %+v", i, r)
		}
		if i == 2 {
			wantUnread(t, r.Err, "/x", "no", 1)
		}
		if got := <-called; got.Exists != r.Exists || got.Value.Value != r.Value.Value {
			t.Errorf("step %d: callback with %+v", i, got)
		}
		if got := live.Decode(<-live.C()); got.Exists != r.Exists || got.Value.Value != r.Value.Value {
			t.Errorf("step %d: channel with %+v", i, got)
		}
	}
	remove()
	live.Refresh()
	cancel()
	<-live.Done()
	for r, err := range live.All(t.Context()) {
		if !errors.Is(err, context.Canceled) || r.Exists {
			t.Errorf("the end is %+v, %v", r, err)
		}
	}
	if !errors.Is(live.Err(), context.Canceled) {
		t.Errorf("ended by %v", live.Err())
	}
	live.Close()
}

// Callbacks of what was not sent run on the client's handler as all others do.
func TestNodes_CallbacksRunOnTheHandler(t *testing.T) {
	t.Parallel()
	c, _ := place(t)
	n := typed.New(c, even{})
	closed := make(chan error, 1)
	n.Set(t.Context(), "/x", 1, 0).OnDone(func(typed.Versioned[int], error) { closed <- c.Close() })
	if err := <-closed; err == nil {
		t.Error("the callback of a failed Set did not run on the handler")
	}
}
