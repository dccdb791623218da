package handler

import (
	"testing"
	"testing/synctest"
)

func TestSequential_ABlockedCompletionHoldsUpEverything(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := NewSequential()
		start(t, h)
		release := hold(t, h.Lane(Completion, "/a"), "completion")
		ran := false
		h.Lane(Watch, "/b").Execute(fn(func() { ran = true }))
		synctest.Wait()
		if ran {
			t.Error("a watch callback ran beside a completion")
		}
		release()
		stop(t, h)
		if !ran {
			t.Error("the watch callback did not run")
		}
	})
}

func TestWithTwoQueues_ABlockedCompletionHoldsUpCompletionsOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := NewSequential(WithTwoQueues())
		start(t, h)
		release := hold(t, h.Lane(Completion, "/a"), "completion")
		var log []string
		completed := false
		h.Lane(Completion, "/b").Execute(fn(func() { completed = true }))
		h.Lane(Watch, "/c").Execute(fn(func() { log = append(log, "watch") }))
		h.Lane(State, "").Execute(fn(func() { log = append(log, "state") }))
		synctest.Wait()
		if completed {
			t.Error("two completions run at once")
		}
		if len(log) != 2 || log[0] != "watch" || log[1] != "state" {
			t.Errorf("ran %v, want watch, then state", log)
		}
		release()
		stop(t, h)
		if !completed {
			t.Error("the second completion did not run")
		}
	})
}
