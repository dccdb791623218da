package future_test

import (
	"strings"
	"testing"

	"github.com/zkasync/zkasync-go/future"
)

func TestTask_RunsOnceWhateverTheExecutorDoes(t *testing.T) {
	t.Parallel()
	var q queue
	calls := 0
	p := future.NewPromise[int](&q)
	for i := range 2 {
		p.Future().OnDone(func(int, error) {
			if calls++; calls < 10 {
				q.tasks[i].Run() // while it runs
			}
		})
	}
	p.Resolve(1)
	for _, task := range q.tasks {
		task.Run()
		task.Run()
	}
	if calls != 2 {
		t.Errorf("two callbacks ran %d times", calls)
	}
}

func namedCallback(int, error) {}

func TestTask_StringNamesTheCallback(t *testing.T) {
	t.Parallel()
	var q queue
	p := future.NewPromise[int](&q)
	f := p.Future()
	var during string
	f.OnDone(namedCallback)
	f.OnDone(namedCallback)
	f.OnDone(func(int, error) { during = describe(q.tasks[2]) })
	f.OnDone(func(int, error) { panic("stays named") })
	p.Resolve(1)

	for i, task := range q.tasks[:2] {
		if s := describe(task); !strings.Contains(s, "future_test.namedCallback (") || !strings.Contains(s, "task_test.go:") {
			t.Errorf("task %d is called %q", i, s)
		}
		task.Run()
		if s := describe(task); strings.Contains(s, "namedCallback") {
			t.Errorf("task %d, which has run, is still called %q: it keeps the function", i, s)
		}
	}
	q.tasks[2].Run()
	if !strings.Contains(during, "TestTask_StringNamesTheCallback.func") {
		t.Errorf("while running the task is called %q", during)
	}
	func() {
		defer func() { _ = recover() }()
		q.tasks[3].Run()
	}()
	if s := describe(q.tasks[3]); !strings.Contains(s, "TestTask_StringNamesTheCallback.func") {
		t.Errorf("after its panic the task is called %q", s)
	}
}

func describe(task future.Task) string {
	return task.(interface{ String() string }).String()
}
