package handler

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fn is a task without a name.
type fn func()

func (f fn) Run() { f() }

// named is a task with a name.
type named struct {
	name string
	run  func()
}

func (n named) Run()           { n.run() }
func (n named) String() string { return n.name }

// patience bounds every wait of a test that should not have to wait.
const patience = 20 * time.Second

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func start(t *testing.T, h Handler) {
	t.Helper()
	if err := h.Start(nil); err != nil {
		t.Fatalf("Start: %v", err)
	}
}

func stop(t *testing.T, h Handler) {
	t.Helper()
	if err := h.Stop(within(t)); err != nil {
		t.Fatalf("Stop: %v", err)
	}
}
