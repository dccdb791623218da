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

// flood returns a cache in which handling an event causes another one, so that there is always one more until calm is called.
func flood(t *testing.T, opts ...zktest.Option) (srv *zktest.Server, k *cache.Cache, calm func()) {
	t.Helper()
	srv, c := inMemory(t, opts...)
	var on, over atomic.Bool
	makes := func(n int) {
		for range n {
			_ = srv.Put("/a/flood", nil)
		}
		_, _ = get(c.Sync(t.Context(), "/")) // when it returns, the events are in the cache's channel
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

// Close must work while events keep coming.
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
		t.Error("Close does not return while events keep coming")
	}
	calm()
	<-closed
}

// Answers and users' calls must be handled while events keep coming.
func TestCache_AnswersUnderAFlood(t *testing.T) {
	t.Parallel()
	srv, k, calm := flood(t)
	defer calm()
	_ = srv.Put("/a/other", []byte("1"))
	poll(t, "another znode is cached", func() bool { e, _ := k.Get("/a/other"); return string(e.Data) == "1" })
}
