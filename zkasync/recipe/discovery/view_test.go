package discovery_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe"
	"github.com/zkasync/zkasync-go/zkasync/recipe/discovery"
)

// Znodes that are not instances, or may not be read, are skipped and reported, and do not hide the others. That also holds when
// a znode becomes an instance, or stops being one.
func TestView_SkipsOtherZnodes(t *testing.T) {
	t.Parallel()
	servers, c := place(t)
	owner := connect(t, servers)
	must(t, owner.AddAuth(t.Context(), "digest", []byte("a:b")))
	hidden := zk.DigestACL(zk.PermAll, "a", "b")
	d := discovery.New(c, "/services")
	good := d.Register(discovery.Instance{Name: "web", ID: "good", Address: "h"})
	must(t, good.Ready())
	must(t, owner.Create(t.Context(), "/services/web/binary", []byte{0, 1, 255}))
	must(t, owner.Create(t.Context(), "/services/web/empty", nil))
	data := []byte(`{"name":"web","id":"hidden","address":"hidden"}`)
	must(t, owner.Create(t.Context(), "/services/web/hidden", data, zkasync.WithACL(hidden)))
	must(t, owner.Create(t.Context(), "/services/web/other", []byte(`{"name":"web","id":"other","serviceType":"WAS"}`)))

	check := func(s discovery.Service) bool {
		if len(s.Instances) != 1 || s.Instances[0].Address != "h" || len(s.Skipped) != 4 {
			return false
		}
		for i, want := range []error{discovery.ErrMalformed, discovery.ErrMalformed, zk.ErrNoAuth, discovery.ErrMalformed} {
			if !errors.Is(s.Skipped[i].Err, want) || s.Skipped[i].Path != "/services/web/"+[]string{"binary", "empty", "hidden", "other"}[i] {
				t.Errorf("skipped %+v", s.Skipped[i])
			}
		}
		return true
	}
	if s := must(t, d.Service(t.Context(), "web")); !check(s) {
		t.Errorf("there is %+v", s)
	}
	v := d.Watch(t.Context(), "web")
	defer v.Close()
	until(t, v, "one and four skipped", check)
	fails(t, d.Instance(t.Context(), "web", "binary"), discovery.ErrMalformed)
	fails(t, d.Instance(t.Context(), "web", "hidden"), zk.ErrNoAuth)
	fails(t, d.Instance(t.Context(), "web", "missing"), zk.ErrNoNode)

	must(t, owner.Set(t.Context(), "/services/web/binary", []byte(`{"name":"web","id":"binary","address":"b"}`), zkasync.AnyVersion))
	addresses(t, v, "b", "h")
	must(t, owner.SetACL(t.Context(), "/services/web/hidden", zk.WorldACL(zk.PermAll), zkasync.AnyVersion))
	addresses(t, v, "b", "h", "hidden")
	must(t, owner.Set(t.Context(), "/services/web/hidden", []byte("{"), zkasync.AnyVersion))
	addresses(t, v, "b", "h")
	must(t, owner.SetACL(t.Context(), "/services/web/binary", hidden, zkasync.AnyVersion))
	v.Refresh()
	addresses(t, v, "h")
	if names := must(t, d.Names(t.Context())); fmt.Sprint(names) != "[web]" {
		t.Errorf("names %v", names)
	}
}

func TestView_StreamsAndEnds(t *testing.T) {
	t.Parallel()
	_, c := place(t)
	d := discovery.New(c, "/services")
	if s := must(t, d.Service(t.Context(), "web")); len(s.Instances)+len(s.Skipped) != 0 || s.Name != "web" {
		t.Errorf("there is %+v", s)
	}
	if names := must(t, d.Names(t.Context())); len(names) != 0 {
		t.Errorf("names %v", names)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	v := d.Watch(ctx, "web")
	states, told := v.C(), make(chan discovery.Service, 100)
	v.OnChange(func(s discovery.Service) { told <- s })
	called := future.NewPromise[future.Void](nil)
	seen := 0
	for s, err := range v.All(context.Background()) {
		if err != nil {
			break
		}
		switch seen++; len(s.Instances) {
		case 0:
			v.Changed().OnDone(func(future.Void, error) { called.Resolve(future.Void{}) })
			d.Register(discovery.Instance{Name: "web", ID: "a"})
		default:
			cancel()
		}
	}
	must(t, called.Future())
	if err := v.Err(); seen != 2 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d states, and then %v", seen, err)
	}
	<-v.Done()
	var last discovery.Service
	for last = range states { // it is closed, and the newest state comes before that
	}
	if len(last.Instances) != 1 {
		t.Errorf("the channel's last is %+v", last)
	}
	if s := <-told; len(s.Instances) > 1 {
		t.Errorf("the callback was told %+v", s)
	}
	late := d.Watch(t.Context(), "web")
	for range late.All(t.Context()) {
		break
	}
	late.Close()
	if s, ok := <-late.C(); !ok || len(s.Instances) != 1 {
		t.Errorf("the channel, first asked for after the end, has %+v", s)
	}
	other := d.Watch(t.Context(), "web")
	other.Close()
	if err := other.Err(); !errors.Is(err, recipe.ErrReleased) {
		t.Error(err)
	}
}
