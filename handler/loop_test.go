package handler

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

// newLoop returns a started Loop that nobody drives, and its lane.
func newLoop(t *testing.T) (*Loop, Lane) {
	t.Helper()
	l := NewLoop()
	if err := l.Start(nil); err != nil {
		t.Fatal(err)
	}
	return l, l.Lane(Completion, "")
}

func TestLoop_RunsCallbacksInTheSelectOfTheApplication(t *testing.T) {
	t.Parallel()
	const tasks = 10_000
	l, lane := newLoop(t)
	go func() {
		for range tasks {
			lane.Execute(fn(func() {}))
		}
	}()
	inLoop, rounds := 0, 0 // shared by the loop and the callbacks without a lock
	ticks := make(chan struct{}, 1)
	ticks <- struct{}{}
	lane.Execute(fn(func() { inLoop++ }))
	for inLoop == 0 || rounds < 100 {
		select {
		case run := <-l.C():
			run()
			lane.Execute(fn(func() { inLoop++ }))
		case <-ticks:
			rounds++
			ticks <- struct{}{}
		}
	}
	stop(t, l)
}

func TestLoop_ACallRunsWhatWasQueuedByThen(t *testing.T) {
	t.Parallel()
	l, lane := newLoop(t)
	ran, late := 0, false
	for range 1000 {
		lane.Execute(fn(func() { ran++ }))
	}
	lane.Execute(fn(func() { lane.Execute(fn(func() { late = true })) }))
	run := await(t, l.C(), "a wake-up")
	run()
	if ran != 1000 || late {
		t.Errorf("ran %d tasks, and the one queued by a callback: %v; want 1000, false", ran, late)
	}
	await(t, l.C(), "another wake-up")()
	if !late {
		t.Error("the task queued by a callback did not run")
	}
	select {
	case <-l.C():
		t.Error("a wake-up for an empty queue")
	default:
	}
	stop(t, l)
}

func TestLoop_ALateOrNestedCallDoesNoHarm(t *testing.T) {
	t.Parallel()
	l, lane := newLoop(t)
	ran := 0
	lane.Execute(fn(func() { ran++ }))
	run := await(t, l.C(), "a wake-up")
	run()
	run()
	lane.Execute(fn(func() {
		lane.Execute(fn(func() { ran++ }))
		run()
		if ran != 1 {
			t.Error("a callback ran inside another")
		}
	}))
	await(t, l.C(), "a wake-up")()
	await(t, l.C(), "a wake-up")()
	if ran != 2 {
		t.Errorf("%d tasks ran, want 2", ran)
	}
	stop(t, l)
	run()
	lane.Execute(fn(func() { ran++ }))
	run()
	if ran != 3 {
		t.Errorf("%d tasks ran, want 3", ran)
	}
}

func TestLoop_StopRunsWhatTheLoopHasLeft(t *testing.T) {
	t.Parallel()
	l, lane := newLoop(t)
	ran := 0
	for range 1000 {
		lane.Execute(fn(func() {
			lane.Execute(fn(func() { ran++ }))
		}))
	}
	stop(t, l)
	if ran != 1000 {
		t.Errorf("%d tasks ran, want 1000", ran)
	}
	await(t, l.C(), "the wake-up that the loop did not take")()
	if err := l.Start(nil); err != nil {
		t.Fatal(err)
	}
	lane.Execute(fn(func() { ran++ }))
	if ran != 1000 {
		t.Error("started again, a task ran outside of the loop")
	}
	await(t, l.C(), "a wake-up")()
	if ran != 1001 {
		t.Error("started again, a task did not run")
	}
	stop(t, l)
}

// A callback that blocks must not hold up Stop after its context is done, even if Stop
// found it still in the queue.
func TestLoop_StopIsNotHeldByACallbackThatTheLoopLeft(t *testing.T) {
	t.Parallel()
	l, lane := newLoop(t)
	begun, end := make(chan struct{}), make(chan struct{})
	lane.Execute(named{"left", func() {
		close(begun)
		<-end
	}})
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-begun
		cancel()
	}()
	var stuck *StuckError
	if err := l.Stop(ctx); !errors.As(err, &stuck) || stuck.Callback != "left" {
		t.Errorf("Stop: %v, want a StuckError", err)
	}
	close(end)
	stop(t, l)
}

func TestLoop_StopWaitsForTheCallbackInTheLoop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, lane := newLoop(t)
		drive(t, l)
		release := hold(t, lane, "first")
		var log []string
		lane.Execute(fn(func() { log = append(log, "second") }))
		go stop(t, l)
		synctest.Wait()
		if len(log) != 0 {
			t.Error("two callbacks run at once")
		}
		log = append(log, "first")
		release()
		stop(t, l)
		if len(log) != 2 || log[0] != "first" {
			t.Errorf("ran %v", log)
		}
	})
}

func TestLoop_RunEndsWithItsContextAndLeavesTheRest(t *testing.T) {
	t.Parallel()
	l, lane := newLoop(t)
	ctx, cancel := context.WithCancel(context.Background())
	ran := 0
	var forever fn
	forever = func() {
		if ran++; ran == 3 {
			cancel()
		}
		if ran < 10 {
			lane.Execute(forever)
		}
	}
	lane.Execute(forever)
	if err := l.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Run: %v", err)
	}
	if ran != 3 {
		t.Errorf("Run ran %d tasks, 3 before its context ended", ran)
	}
	if err := l.Run(ctx); !errors.Is(err, context.Canceled) || ran != 3 {
		t.Errorf("Run with a context that has ended: %v, ran %d", err, ran)
	}
	stop(t, l)
	if ran != 10 {
		t.Errorf("after Stop %d tasks have run, want 10", ran)
	}
}
