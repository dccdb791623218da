package future_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/zkasync/zkasync-go/future"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errTest = errors.New("test failure")

// queue is an executor that runs its tasks when told to.
type queue struct {
	mu    sync.Mutex
	tasks []future.Task
}

func (q *queue) Execute(task future.Task) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.tasks = append(q.tasks, task)
}

// run runs what is queued, including what is queued meanwhile, and returns the number
// of tasks.
func (q *queue) run() int {
	for n := 0; ; n++ {
		q.mu.Lock()
		if len(q.tasks) == 0 {
			q.mu.Unlock()
			return n
		}
		task := q.tasks[0]
		q.tasks = q.tasks[1:]
		q.mu.Unlock()
		task.Run()
	}
}

// lane is an executor with a goroutine of its own, which ends with the test.
type lane struct {
	tasks chan future.Task
}

func newLane(t *testing.T) *lane {
	l := &lane{tasks: make(chan future.Task, 1<<16)}
	ended := make(chan struct{})
	go l.work(ended)
	t.Cleanup(func() {
		close(l.tasks)
		<-ended
	})
	return l
}

func (l *lane) work(ended chan struct{}) {
	defer close(ended)
	for task := range l.tasks {
		task.Run()
	}
}

func (l *lane) Execute(task future.Task) { l.tasks <- task }

// drain waits until everything executed so far has run.
func (l *lane) drain() {
	ran := make(chan struct{})
	l.Execute(signal(ran))
	<-ran
}

type signal chan struct{}

func (s signal) Run() { close(s) }

// trace records what happens, in order.
type trace struct {
	mu    sync.Mutex
	notes []string
}

func (tr *trace) add(note string) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.notes = append(tr.notes, note)
}

// on returns a callback that adds note.
func (tr *trace) on(note string) func(int, error) {
	return func(int, error) { tr.add(note) }
}

func (tr *trace) want(t *testing.T, notes ...string) {
	t.Helper()
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if !slices.Equal(tr.notes, notes) {
		t.Errorf("got the sequence %q, want %q", tr.notes, notes)
	}
}

// wantValue checks that f is complete with v.
func wantValue[T comparable](t *testing.T, f *future.Future[T], v T) {
	t.Helper()
	if got, err := f.Result(); err != nil || got != v {
		t.Errorf("got (%v, %v), want (%v, nil)", got, err, v)
	}
}

// wantError checks that f is complete with an error that matches target, and with the
// zero value.
func wantError[T comparable](t *testing.T, f *future.Future[T], target error) {
	t.Helper()
	var zero T
	if got, err := f.Result(); !errors.Is(err, target) || got != zero {
		t.Errorf("got (%v, %v), want (%v, %v)", got, err, zero, target)
	}
}

func wantPending[T any](t *testing.T, f *future.Future[T]) {
	t.Helper()
	if _, err := f.Result(); !errors.Is(err, future.ErrPending) || f.Ready() {
		t.Errorf("got the outcome %v, want a pending future", err)
	}
}

// pending returns n promises and their futures.
func pending(n int, ex future.Executor) ([]*future.Promise[int], []*future.Future[int]) {
	ps := make([]*future.Promise[int], n)
	fs := make([]*future.Future[int], n)
	for i := range ps {
		ps[i] = future.NewPromise[int](ex)
		fs[i] = ps[i].Future()
	}
	return ps, fs
}
