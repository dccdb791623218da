package zkasync

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

// heldHook does not return until it is let go.
type heldHook struct {
	entered, letGo chan struct{}
	calls          int
}

func (h *heldHook) OnStateChange(StateEvent) {
	if h.calls++; h.calls == 1 {
		close(h.entered)
		<-h.letGo
	}
}

// The number of calls that wait for a hook that does not return is bounded. Further ones are dropped and counted, and the log
// says so.
func TestHookCalls_AreBounded(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	h := &heldHook{entered: make(chan struct{}), letGo: make(chan struct{})}
	hs := newHookCalls([]Hook{h}, slog.New(slog.NewTextHandler(&log, nil)), 0)
	if err := hs.start(); err != nil {
		t.Fatal(err)
	}
	hs.stateChanged(StateChange{})
	<-h.entered
	const more = 10
	for range maxHookCalls + more - 1 {
		hs.stateChanged(StateChange{})
	}
	if n := hs.droppedCalls(); n != more {
		t.Errorf("%d calls were dropped, want %d", n, more)
	}
	close(h.letGo)
	if err := hs.stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	if h.calls != maxHookCalls {
		t.Errorf("%d calls, want %d", h.calls, maxHookCalls)
	}
	if !strings.Contains(log.String(), "calls=10") {
		t.Errorf("the log: %s", log.String())
	}
	hs.stateChanged(StateChange{})
	if h.calls != maxHookCalls {
		t.Error("a hook was called after the stop")
	}
}

// startHook does not return from a start until it is let go.
type startHook struct{ entered, letGo chan struct{} }

func (h *startHook) OnOperationStart(ctx context.Context, _ OperationStart) context.Context {
	close(h.entered)
	<-h.letGo
	return ctx
}

// A stop waits for starts that have not returned.
func TestHookCalls_StopWaitsForStarts(t *testing.T) {
	t.Parallel()
	h := &startHook{entered: make(chan struct{}), letGo: make(chan struct{})}
	hs := newHookCalls([]Hook{h}, nil, 0)
	if err := hs.start(); err != nil {
		t.Fatal(err)
	}
	begun := make(chan *operation)
	go func() { begun <- hs.begin(context.Background(), "get", "/a") }()
	<-h.entered
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if err := hs.stop(ended); err == nil {
		t.Error("the stop did not wait")
	}
	if late := hs.begin(context.Background(), "get", "/b"); late != nil {
		t.Error("an operation was reported after the stop")
	}
	stopped := make(chan error)
	go func() { stopped <- hs.stop(context.Background()) }()
	close(h.letGo)
	op := <-begun
	op.end(errors.New("x"))
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}
