package handler_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/zkasync/zkasync-go/handler"
)

// callback is a task; its name appears in errors and reports.
type callback struct {
	name string
	run  func()
}

func (c callback) Run()           { c.run() }
func (c callback) String() string { return c.name }

// say is a callback that prints its name.
func say(name string) handler.Task {
	return callback{name, func() { fmt.Println(name) }}
}

func ExampleNewSequential() {
	h := handler.NewSequential()
	if err := h.Start(nil); err != nil {
		fmt.Println(err)
		return
	}
	h.Lane(handler.Completion, "/a").Execute(say("result of get /a"))
	h.Lane(handler.Watch, "/b").Execute(say("watch event of /b"))
	h.Lane(handler.State, "").Execute(say("state is suspended"))
	// Stop waits until everything queued has run.
	fmt.Println("stop:", h.Stop(context.Background()))
	// Output:
	// result of get /a
	// watch event of /b
	// state is suspended
	// stop: <nil>
}

func ExampleWithTwoQueues() {
	h := handler.NewSequential(handler.WithTwoQueues())
	if err := h.Start(nil); err != nil {
		fmt.Println(err)
		return
	}
	event := make(chan string)
	// A completion that waits for a watch event: with one queue it would wait for ever.
	h.Lane(handler.Completion, "/a").Execute(callback{"done get /a", func() {
		fmt.Println("the completion received", <-event)
	}})
	h.Lane(handler.Watch, "/a").Execute(callback{"watch /a", func() { event <- "the event" }})
	fmt.Println("stop:", h.Stop(context.Background()))
	// Output:
	// the completion received the event
	// stop: <nil>
}

func ExampleNewInline() {
	h := handler.NewInline()
	if err := h.Start(nil); err != nil {
		fmt.Println(err)
		return
	}
	lane := h.Lane(handler.Completion, "")
	lane.Execute(callback{"outer", func() {
		lane.Execute(say("queued by a callback: runs when that one has returned"))
		fmt.Println("runs before Execute returns")
	}})
	fmt.Println("Execute has returned")
	fmt.Println("stop:", h.Stop(context.Background()))
	// Output:
	// runs before Execute returns
	// queued by a callback: runs when that one has returned
	// Execute has returned
	// stop: <nil>
}

// The application's own loop runs the callbacks beside its other work, so total needs no
// lock.
func ExampleLoop_C() {
	loop := handler.NewLoop()
	if err := loop.Start(nil); err != nil {
		fmt.Println(err)
		return
	}
	total := 0
	go func() { // a client, when results arrive
		lane := loop.Lane(handler.Completion, "")
		for i := range 100 {
			lane.Execute(callback{"add", func() { total += i }})
		}
	}()
	timeout := time.After(time.Minute)
	for total < 4950 {
		select {
		case run := <-loop.C():
			run()
		case <-timeout:
			fmt.Println("timeout")
			return
		}
	}
	fmt.Println("total:", total)
	fmt.Println("stop:", loop.Stop(context.Background()))
	// Output:
	// total: 4950
	// stop: <nil>
}

func ExampleLoop_Run() {
	loop := handler.NewLoop()
	if err := loop.Start(nil); err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	lane := loop.Lane(handler.State, "")
	lane.Execute(say("first"))
	lane.Execute(callback{"last", cancel})
	fmt.Println("run:", loop.Run(ctx))
	fmt.Println("stop:", loop.Stop(context.Background()))
	// Output:
	// first
	// run: context canceled
	// stop: <nil>
}

func ExampleNewPool() {
	h := handler.NewPool(4)
	if err := h.Start(nil); err != nil {
		fmt.Println(err)
		return
	}
	// Callbacks of one path keep their order; those of different paths may run at once.
	var a, b []int
	for i := range 3 {
		h.Lane(handler.Watch, "/a").Execute(callback{"watch /a", func() { a = append(a, i) }})
		h.Lane(handler.Watch, "/b").Execute(callback{"watch /b", func() { b = append(b, i) }})
	}
	fmt.Println("stop:", h.Stop(context.Background()))
	fmt.Println("/a:", a)
	fmt.Println("/b:", b)
	// Output:
	// stop: <nil>
	// /a: [0 1 2]
	// /b: [0 1 2]
}

func ExampleCheck() {
	fmt.Println(handler.Check(handler.NewPool(4)))
	fmt.Println(handler.Check(handler.NewPool(0)))
	// Output:
	// <nil>
	// handler: NewPool(0): the number of workers must be at least 1
}

func ExampleWithPanicHook() {
	h := handler.NewSequential(
		handler.WithLogger(slog.New(slog.DiscardHandler)),
		handler.WithPanicHook(func(p handler.Panic) {
			fmt.Printf("%s panicked: %v\n", p.Callback, p.Value)
		}))
	if err := h.Start(nil); err != nil {
		fmt.Println(err)
		return
	}
	h.Lane(handler.Watch, "/a").Execute(callback{"watch /a", func() { panic("boom") }})
	h.Lane(handler.Watch, "/a").Execute(say("the next one runs"))
	fmt.Println("stop:", h.Stop(context.Background()))
	// Output:
	// watch /a panicked: boom
	// the next one runs
	// stop: <nil>
}

func ExampleWithLogger() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "stack" {
				return slog.Attr{} // they differ from run to run
			}
			return a
		},
	}))
	h := handler.NewInline(handler.WithLogger(logger))
	h.Lane(handler.Completion, "/a").Execute(callback{"done get /a", func() { panic("boom") }})
	// Output:
	// level=ERROR msg="handler: callback panicked" callback="done get /a" panic=boom
}

func ExampleStuckError() {
	h := handler.NewSequential()
	if err := h.Start(nil); err != nil {
		fmt.Println(err)
		return
	}
	begun, end := make(chan struct{}), make(chan struct{})
	h.Lane(handler.Completion, "/a").Execute(callback{"done get /a", func() {
		close(begun)
		<-end
	}})
	<-begun
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	err := h.Stop(ctx)
	fmt.Println(err)
	var stuck *handler.StuckError
	if errors.As(err, &stuck) {
		fmt.Println("stuck:", stuck.Callback, "running:", h.Running())
	}
	close(end)
	fmt.Println("stop:", h.Stop(context.Background()))
	// Output:
	// handler: stop: callback done get /a still runs: context deadline exceeded
	// stuck: done get /a running: done get /a
	// stop: <nil>
}

func ExampleHandler_inCallback() {
	h := handler.NewSequential()
	if err := h.Start(nil); err != nil {
		fmt.Println(err)
		return
	}
	done := make(chan struct{})
	h.Lane(handler.State, "").Execute(callback{"on lost", func() {
		defer close(done)
		err := h.Stop(context.Background()) // cannot wait for itself
		fmt.Println(h.InCallback(), errors.Is(err, handler.ErrInCallback))
	}})
	<-done
	fmt.Println(h.InCallback())
	fmt.Println("stop:", h.Stop(context.Background()))
	// Output:
	// true true
	// false
	// stop: <nil>
}

// A callback that takes long has others wait behind it.
func ExampleHandler_waiting() {
	h := handler.NewSequential()
	if err := h.Start(nil); err != nil {
		fmt.Println(err)
		return
	}
	lane := h.Lane(handler.Completion, "")
	begun, end := make(chan struct{}), make(chan struct{})
	lane.Execute(callback{"slow", func() { close(begun); <-end }})
	<-begun
	lane.Execute(say("second"))
	lane.Execute(say("third"))
	fmt.Println("waiting:", h.Waiting())
	close(end)
	fmt.Println("stop:", h.Stop(context.Background()))
	// Output:
	// waiting: 2
	// second
	// third
	// stop: <nil>
}
