package zkasync

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
)

// slowContext never ends. Its first AfterFunc is that of a child context; the second blocks until it is released.
type slowContext struct {
	context.Context
	calls   atomic.Int32
	release chan struct{}
}

func (c *slowContext) Done() <-chan struct{} { return make(chan struct{}) }

func (c *slowContext) AfterFunc(func()) (stop func() bool) {
	if c.calls.Add(1) == 2 {
		<-c.release
	}
	return func() bool { return true }
}

// A client that stops ends every Live in its set. Here a Live is held up while it is being created. It must not be in the set before
// it has everything that its end needs.
func TestLive_IsNotEndedBeforeItIsComplete(t *testing.T) {
	c, err := New("one.test")
	if err != nil {
		t.Fatal(err)
	}
	made := make(chan *Live[Node], 1)
	ctx := &slowContext{Context: t.Context(), release: make(chan struct{})}
	go func() { made <- c.WatchData(ctx, "/a") }()
	var all []live
	for len(all) == 0 || ctx.calls.Load() < 2 {
		runtime.Gosched()
		all = c.lives.all()
	}
	l := all[0].(*Live[Node])
	if l.mu.TryLock() {
		t.Error("in the set and not locked, without the functions that its end calls")
		l.mu.Unlock()
	}
	close(ctx.release)
	if <-made; l.Err() == nil {
		t.Error("not ended although the client has stopped")
	}
	c.endWatches(ErrClosed)
	c.workers.Wait()
}
