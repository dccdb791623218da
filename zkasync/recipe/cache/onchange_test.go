package cache_test

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/cache"
)

// notes collects lines, safe for concurrent use.
type notes struct {
	mu    sync.Mutex
	lines []string
}

func (n *notes) add(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, fmt.Sprintf(format, args...))
}

func (n *notes) want(t *testing.T, lines ...string) {
	t.Helper()
	var got []string
	poll(t, "the callbacks", func() bool {
		n.mu.Lock()
		defer n.mu.Unlock()
		got = slices.Clone(n.lines)
		return len(got) >= len(lines)
	})
	if !slices.Equal(got, lines) {
		t.Errorf("%q, want %q", got, lines)
	}
}

// A callback gets what exists, then Synced, then each change, even after it has panicked or called runtime.Goexit. After the
// removal it gets nothing.
func TestOnChange(t *testing.T) {
	t.Parallel()
	srv, c := inMemory(t)
	if err := srv.Put("/a/b", []byte("1")); err != nil {
		t.Fatal(err)
	}
	k := open(t, c, "/a")
	var n notes
	remove := k.OnChange(func(e cache.Event) {
		n.add("%v %s", e.Kind, e.Path)
		switch {
		case e.Kind == cache.Synced:
			panic("in a callback")
		case e.Path == "/a/c":
			runtime.Goexit()
		}
		if _, ok := k.Get(e.Path); !ok && e.Kind != cache.Deleted {
			n.add("but the cache does not have it")
		}
	})
	n.want(t, "Created /a", "Created /a/b", "Synced ")
	must(t, c.Create(t.Context(), "/a/c", nil))
	must(t, c.Set(t.Context(), "/a/b", []byte("2"), zkasync.AnyVersion))
	all := []string{"Created /a", "Created /a/b", "Synced ", "Created /a/c", "Changed /a/b"}
	n.want(t, all...)
	remove()
	must(t, c.Delete(t.Context(), "/a/b", zkasync.AnyVersion))
	must(t, k.Sync(t.Context()))
	n.want(t, all...)
	k.OnChange(nil)()
}

// A callback that blocks delays the callbacks behind it. Changes that are made meanwhile are merged into the newest state.
func TestOnChange_Blocks(t *testing.T) {
	t.Parallel()
	_, c := inMemory(t)
	must(t, c.Create(t.Context(), "/a", nil))
	k := open(t, c, "/a")
	var n notes
	entered, release := make(chan struct{}), make(chan struct{})
	k.OnChange(func(e cache.Event) {
		if e.Kind == cache.Synced {
			close(entered)
			<-release
		}
		n.add("%v %s", e.Kind, e.New.Data)
	})
	<-entered
	for i := range 100 {
		must(t, c.Set(t.Context(), "/a", fmt.Append(nil, i), zkasync.AnyVersion))
	}
	must(t, k.Sync(t.Context())) // then the subscription has them all
	close(release)
	n.want(t, "Created ", "Synced ", "Changed 99")
}

// A callback may close the cache, and the client.
func TestOnChange_Closes(t *testing.T) {
	t.Parallel()
	_, c := inMemory(t)
	must(t, c.Create(t.Context(), "/a", nil))
	k := cache.Open(c, "/a")
	closed := make(chan struct{})
	k.OnChange(func(e cache.Event) {
		if e.Kind == cache.Synced {
			k.Close()
			c.StopAsync()
			close(closed)
		}
	})
	<-closed
}
