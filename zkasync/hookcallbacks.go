package zkasync

import (
	"fmt"
	"time"

	"github.com/zkasync/zkasync-go/future"
)

// forSlow returns hs if there are hooks for callbacks that take long, otherwise nil.
func (hs *hookCalls) forSlow() *hookCalls {
	if hs == nil || len(hs.slows) == 0 {
		return nil
	}
	return hs
}

// timed returns task, wrapped so that hooks are called if it takes long.
func (d *delivery) timed(task future.Task) future.Task {
	if d.slow == nil {
		return task
	}
	return &timedTask{hs: d.slow, task: task}
}

// timedTask is a callback whose duration is measured.
type timedTask struct {
	hs    *hookCalls
	task  future.Task
	begun time.Time
	name  string        // while it ran
	told  chan struct{} // closed when hooks have been called because it takes long
}

func (t *timedTask) Run() {
	t.begun, t.told = time.Now(), make(chan struct{})
	clock := time.AfterFunc(t.hs.slow, t.late)
	defer t.ended(clock) // also when it panics or ends the goroutine
	t.task.Run()
}

// late runs when the task has taken long.
func (t *timedTask) late() {
	defer close(t.told)
	t.name = t.String()
	t.tell(false)
}

func (t *timedTask) ended(clock *time.Timer) {
	if clock.Stop() {
		return
	}
	<-t.told
	t.tell(true)
}

func (t *timedTask) tell(returned bool) {
	s := SlowCallback{Name: t.name, At: t.begun, Took: time.Since(t.begun), Returned: returned}
	tellHooks(t.hs, t.hs.slows, "OnSlowCallback", func(h SlowCallbackHook) { h.OnSlowCallback(s) })
}

// String names the callback.
func (t *timedTask) String() string {
	if named, ok := t.task.(fmt.Stringer); ok {
		return named.String()
	}
	return fmt.Sprintf("%T", t.task)
}
