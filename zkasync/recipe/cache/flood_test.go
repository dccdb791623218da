package cache_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/zkasync/recipe/cache"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// flood has a cache in which each event that is dealt with makes another one, so that there is always one more, until calm is called.
func flood(t *testing.T, opts ...zktest.Option) (srv *zktest.Server, k *cache.Cache, calm func()) {
	t.Helper()
	srv, c := inMemory(t, opts...)
	var on, over atomic.Bool
	makes := func(n int) {
		for range n {
			_ = srv.Put("/a/flood", nil)
		}
		_, _ = get(c.Sync(t.Context(), "/")) // behind it, the cache's channel has the events
	}
	var first sync.Once
	under := make(chan struct{})
	k = open(t, c, "/a", cache.WithFilter(func(path string) bool {
		if on.Load() && !over.Load() && strings.HasSuffix(path, "flood") {
			first.Do(func() {
				makes(20)
				close(under)
			})
			makes(1)
		}
		return true
	}))
	t.Cleanup(func() { over.Store(true) })
	on.Store(true)
	_ = srv.Put("/a/flood", nil)
	<-under
	return srv, k, func() { over.Store(true) }
}

// However many events come, Close is heeded.
func TestCache_ClosesUnderAFlood(t *testing.T) {
	t.Parallel()
	_, k, calm := flood(t)
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		k.Close()
	}()
	select {
	case <-closed:
	case <-time.After(check.Wait):
		t.Error("Close waits for the events to end")
	}
	calm()
	<-closed
}

// However many events come, answers and what users ask for are dealt with.
func TestCache_AnswersUnderAFlood(t *testing.T) {
	t.Parallel()
	srv, k, calm := flood(t)
	defer calm()
	_ = srv.Put("/a/other", []byte("1"))
	poll(t, "another znode is cached", func() bool { e, _ := k.Get("/a/other"); return string(e.Data) == "1" })
}
