package handler

import (
	"context"
	"log/slog"
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

// nop is a task that does nothing.
type nop struct{}

func (*nop) Run() {}

// signal is a task that sends to a channel.
type signal chan struct{}

func (s signal) Run() { s <- struct{}{} }

// patience bounds every wait that ends at once unless something is broken.
const patience = 20 * time.Second

// makers has a constructor for each kind of handler.
var makers = map[string]func(...Option) Handler{
	"Sequential": NewSequential,
	"TwoQueues": func(opts ...Option) Handler {
		return NewSequential(append(opts, WithTwoQueues())...)
	},
	"Inline": NewInline,
	"Loop":   func(opts ...Option) Handler { return NewLoop(opts...) },
	"Pool":   func(opts ...Option) Handler { return NewPool(3, opts...) },
}

// forEachKind runs test once for each kind of handler, in parallel.
func forEachKind(t *testing.T, test func(t *testing.T, newHandler func(...Option) Handler)) {
	t.Parallel()
	for name, newHandler := range makers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newHandler)
		})
	}
}

// start starts h and, if it is a Loop, runs its callbacks until the test ends.
func start(t *testing.T, h Handler) {
	t.Helper()
	if err := h.Start(nil); err != nil {
		t.Fatalf("Start: %v", err)
	}
	if l, ok := h.(*Loop); ok {
		drive(t, l)
	}
}

// drive runs l's callbacks in a goroutine until the test ends.
func drive(t *testing.T, l *Loop) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = l.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
}

// stop stops h and fails the test if that does not succeed.
func stop(t *testing.T, h Handler) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := h.Stop(ctx); err != nil {
		t.Errorf("Stop: %v", err)
	}
}

// await fails the test if c is not closed and has nothing to receive.
func await[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}

// quiet keeps reports of panics that a test provokes out of the output.
func quiet() Option { return WithLogger(slog.New(slog.DiscardHandler)) }

// hold executes a task with a name on lane and returns once the task runs. It runs until
// release is called.
func hold(t *testing.T, lane Lane, name string) (release func()) {
	t.Helper()
	begun, end, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		lane.Execute(named{name, func() {
			close(begun)
			<-end
		}})
	}()
	await(t, begun, name)
	return func() {
		close(end)
		<-ended
	}
}
