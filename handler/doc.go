// Package handler decides who runs callbacks, and in what order.
//
// A client hands every callback to a [Handler]: completions of operations, watch events and changes of the session's
// state. The handler runs each of them exactly once. There are four:
//
//	NewSequential  one goroutine, one sequence for all callbacks. The default.
//	               With WithTwoQueues: kazoo's two sequences, so that a
//	               completion that blocks does not hold up watch events.
//	NewInline      callbacks run on the goroutine that brings the news: a client has
//	               one for that, so the handler needs none.
//	NewLoop        callbacks run in the application's own loop, which needs no locks
//	               for what only the loop and the callbacks touch.
//	NewPool        n goroutines; callbacks of one path keep their order.
//
// # What every handler promises
//
// Tasks of one [Lane] run one at a time, in the order of the calls of Execute. Execute never waits for room and never
// drops a task. A callback may block, execute further tasks and stop its handler. User code never runs under a lock.
//
// A handler that is not running, because it has not been started or has been stopped, still runs every task, still one
// at a time and in order: the goroutine that calls Execute runs it, unless another goroutine is running tasks, which
// then runs this one as well.
//
// A callback that panics is logged with its stack, at level Error, and passed to the hook of [WithPanicHook]; then the
// next one runs. This is the only report that is made even if no logger was given, to [slog.Default] in that case. A
// callback that calls [runtime.Goexit] (t.FailNow does) is reported the same way, with [ErrGoexit] as the value, and the
// sequence continues.
//
// Queues grow without bound: behind a callback that never returns, each task takes about a hundred bytes as long as the
// client lives. If a callback has not returned after 5 seconds while others wait, this is logged once at level Warn,
// with the callback's name and the number of queued tasks, provided that there is a logger: that of [WithLogger], or the
// one given to Start.
//
// # The goroutines
//
//	goroutine                      how many        started by   ends, and is joined, with
//	(*queue).dispatch, Sequential  1, 2 with       Start        Stop
//	                               WithTwoQueues
//	(*queue).dispatch, Pool        n               Start        Stop
//	(*queue).finish, Loop          at most 1       Stop, for what the loop left  the same Stop
//
// (*queue).checkStall runs briefly on a timer's goroutine while tasks wait.
//
// A dispatcher whose callback called runtime.Goexit is replaced by a new one that
// the same Stop joins. Inline has none.
package handler
