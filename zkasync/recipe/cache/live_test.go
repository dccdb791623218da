package cache

import (
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// If the cache has been loaded before, no more events come, but the first state must be delivered all the same.
func TestChildrenData_LoadedBefore(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t)
	c, err := zkasync.Connect(t.Context(), srv.Addr(), srv.Options()...)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	loaded := Open(c, "/", WithDepth(1))
	if _, err := loaded.Ready().Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	d := newChildrenData(loaded)
	defer d.Close()
	select {
	case now := <-d.C():
		if _, ok := now.Value.Get("zookeeper"); !ok {
			t.Fatalf("%+v", now)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("no state came")
	}
}
