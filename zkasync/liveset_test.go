package zkasync

import (
	"runtime"
	"testing"
)

// A client that stops ends every Live that is in its set. One that is just being made is held up here in the set: it
// must not be there for others to end before it has all that its end needs.
func TestLive_IsNotEndedBeforeItIsMade(t *testing.T) {
	c, err := New("one.test")
	if err != nil {
		t.Fatal(err)
	}
	made := make(chan *Live[Node], 1)
	c.workers.mu.Lock()
	go func() { made <- c.WatchData(t.Context(), "/a") }()
	var all []live
	for len(all) == 0 {
		runtime.Gosched()
		all = c.lives.all()
	}
	l := all[0].(*Live[Node])
	if l.mu.TryLock() {
		if l.stopCtx == nil {
			t.Error("in the set and free to be ended, without what its end calls")
		}
		l.mu.Unlock()
	}
	c.workers.mu.Unlock()
	if <-made; l.Err() == nil {
		t.Error("goes on without a client")
	}
	c.endWatches(ErrClosed)
	c.workers.wait()
}
