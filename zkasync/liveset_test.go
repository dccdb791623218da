package zkasync

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
)

// slowContext never ends. Its second AfterFunc is held up until it is released: the first is its child's.
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

// A client that stops ends every Live that is in its set. One that is just being made is held up here in the set: it
// must not be there for others to end before it has all that its end needs.
func TestLive_IsNotEndedBeforeItIsMade(t *testing.T) {
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
		t.Error("in the set and free to be ended, without what its end calls")
		l.mu.Unlock()
	}
	close(ctx.release)
	if <-made; l.Err() == nil {
		t.Error("goes on without a client")
	}
	c.endWatches(ErrClosed)
	c.workers.Wait()
}
