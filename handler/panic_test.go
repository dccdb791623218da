package handler

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"testing"
)

// record is the line that a panic leaves in the log.
type record struct{ Level, Msg, Callback, Panic, Stack string }

func jsonLog() (*bytes.Buffer, *slog.Logger) {
	buf := &bytes.Buffer{}
	return buf, slog.New(slog.NewJSONHandler(buf, nil))
}

func records(t *testing.T, buf *bytes.Buffer) (all []record) {
	t.Helper()
	for dec := json.NewDecoder(buf); dec.More(); {
		var r record
		if err := dec.Decode(&r); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

func panicHere(v any) { panic(v) }

func TestHandler_ReportsAPanicAndGoesOn(t *testing.T) {
	forEachKind(t, func(t *testing.T, newHandler func(...Option) Handler) {
		buf, logger := jsonLog()
		var seen []Panic
		h := newHandler(WithLogger(logger), WithPanicHook(func(p Panic) { seen = append(seen, p) }))
		start(t, h)
		lane := h.Lane(Completion, "/a")
		boom := errors.New("boom")
		ran := 0
		for range 3 {
			lane.Execute(named{"done get /a", func() { panicHere(boom) }})
			lane.Execute(fn(func() { ran++ }))
		}
		stop(t, h)
		if ran != 3 {
			t.Errorf("%d of 3 tasks ran after a panic", ran)
		}
		if len(seen) != 3 || seen[0].Value != boom || seen[0].Callback != "done get /a" ||
			!strings.Contains(string(seen[0].Stack), "handler.panicHere") {
			t.Errorf("the hook saw %+v", seen)
		}
		all := records(t, buf)
		if len(all) != 3 {
			t.Fatalf("%d lines in the log, want 3", len(all))
		}
		r := all[0]
		if r.Level != "ERROR" || r.Msg != "handler: callback panicked" || r.Panic != "boom" ||
			r.Callback != "done get /a" || !strings.Contains(r.Stack, "handler.panicHere") {
			t.Errorf("logged %+v", r)
		}
	})
}

func TestHandler_SurvivesHooksAndLoggersThatPanic(t *testing.T) {
	forEachKind(t, func(t *testing.T, newHandler func(...Option) Handler) {
		buf, logger := jsonLog()
		hook := WithPanicHook(func(Panic) { panic("hook") })
		for _, h := range []Handler{
			newHandler(WithLogger(logger), hook),
			newHandler(WithLogger(slog.New(brokenLog{})), hook),
		} {
			start(t, h)
			ran := false
			h.Lane(Watch, "/a").Execute(fn(func() { panic("callback") }))
			h.Lane(Watch, "/a").Execute(fn(func() { ran = true }))
			stop(t, h)
			if !ran {
				t.Error("the task after the panic did not run")
			}
		}
		all := records(t, buf)
		if len(all) != 2 || all[1].Msg != "handler: panic hook panicked" || all[1].Panic != "hook" {
			t.Errorf("logged %+v", all)
		}
	})
}

// brokenLog is a slog.Handler that panics.
type brokenLog struct{ slog.Handler }

func (brokenLog) Enabled(context.Context, slog.Level) bool { return true }

func (brokenLog) Handle(context.Context, slog.Record) error { panic("log") }

// t.FailNow, called in a callback by mistake, ends the goroutine without a panic.
func TestHandler_SurvivesGoexit(t *testing.T) {
	forEachKind(t, func(t *testing.T, newHandler func(...Option) Handler) {
		const exits = 5
		values := make(chan any, exits)
		h := newHandler(quiet(), WithPanicHook(func(p Panic) { values <- p.Value }))
		lane := h.Lane(State, "")
		startWithLoops(t, h, exits+1)
		ran := make(chan int, exits)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for i := range exits {
				lane.Execute(fn(func() {
					lane.Execute(fn(func() { ran <- i }))
					runtime.Goexit()
				}))
			}
		}()
		await(t, ended, "the producer")
		if _, isInline := h.(*inline); isInline {
			// The callback ends the goroutine that executes it, after what it queued has run.
			if got := await(t, ran, "a task"); got != 0 {
				t.Errorf("task %d ran first", got)
			}
			stop(t, h)
			return
		}
		stop(t, h)
		for i := range exits {
			if got := await(t, ran, "a task"); got != i {
				t.Errorf("task %d ran in place %d", got, i)
			}
			if v := await(t, values, "a report"); v != ErrGoexit {
				t.Errorf("reported %v", v)
			}
		}
	})
}

// startWithLoops starts h. A Loop is driven by n goroutines, of which each Goexit in a
// callback ends one.
func startWithLoops(t *testing.T, h Handler, n int) {
	t.Helper()
	start(t, h)
	if l, ok := h.(*Loop); ok {
		for range n - 1 {
			drive(t, l)
		}
	}
}

func TestHandler_SurvivesGoexitInTheHook(t *testing.T) {
	forEachKind(t, func(t *testing.T, newHandler func(...Option) Handler) {
		h := newHandler(quiet(), WithPanicHook(func(Panic) { runtime.Goexit() }))
		lane := h.Lane(Completion, "/a")
		startWithLoops(t, h, 2)
		ran := make(chan struct{})
		go lane.Execute(fn(func() {
			lane.Execute(fn(func() { close(ran) }))
			panic("callback")
		}))
		await(t, ran, "the task after the panic")
		stop(t, h)
	})
}

func TestHandler_RunsTheRestOfABatchAfterGoexitWhileItStops(t *testing.T) {
	forEachKind(t, func(t *testing.T, newHandler func(...Option) Handler) {
		h := newHandler(quiet())
		lane := h.Lane(Watch, "/a")
		startWithLoops(t, h, 4)
		release := hold(t, lane, "first")
		ran := 0
		for i := range 600 {
			lane.Execute(fn(func() {
				ran++
				if i%200 == 100 {
					runtime.Goexit()
				}
			}))
		}
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			stop(t, h)
		}()
		release()
		await(t, stopped, "Stop")
		if ran != 600 {
			t.Errorf("%d tasks ran, want 600", ran)
		}
	})
}

func TestHandler_ReportsATaskThatIsNil(t *testing.T) {
	forEachKind(t, func(t *testing.T, newHandler func(...Option) Handler) {
		buf, logger := jsonLog()
		h := newHandler()
		if err := h.Start(logger); err != nil {
			t.Fatal(err)
		}
		h.Lane(Completion, "/a").Execute(nil)
		stop(t, h)
		if all := records(t, buf); len(all) != 1 || !strings.Contains(all[0].Panic, "nil pointer") {
			t.Errorf("logged %+v", all)
		}
	})
}

func TestWithLogger_WinsOverTheLoggerOfStart(t *testing.T) {
	t.Parallel()
	mine, logger := jsonLog()
	starts, startLogger := jsonLog()
	h := NewSequential(WithLogger(logger))
	if err := h.Start(startLogger); err != nil {
		t.Fatal(err)
	}
	h.Lane(Watch, "/a").Execute(fn(func() { panic("boom") }))
	stop(t, h)
	if len(records(t, mine)) != 1 || starts.Len() != 0 {
		t.Error("the panic is not in the logger of the option, and there alone")
	}
}

// Not parallel: it changes the default logger.
func TestHandler_ReportsAPanicToTheDefaultLoggerIfThereIsNoOther(t *testing.T) {
	buf, logger := jsonLog()
	old, flags := slog.Default(), log.Flags()
	slog.SetDefault(logger)
	defer func() {
		slog.SetDefault(old)
		log.SetOutput(os.Stderr)
		log.SetFlags(flags)
	}()
	h := NewSequential()
	h.Lane(Watch, "/a").Execute(fn(func() { panic("before Start") }))
	start(t, h)
	h.Lane(Watch, "/a").Execute(fn(func() { panic("running") }))
	stop(t, h)
	if all := records(t, buf); len(all) != 2 {
		t.Errorf("logged %+v, want two panics", all)
	}
}
