// Package future provides typed futures: results that may not be available yet.
//
// A [Future] is the reading side, a [Promise] the writing side. A future completes exactly once, with a value or with an
// error; the first completion wins. It can be read in five ways, at the same time and, except for C, from any number of
// goroutines:
//
//   - [Future.Get] waits, bounded by a context;
//   - [Future.Done] is a channel for select, closed on completion;
//   - [Future.C] is a channel for select that carries the result once, for one
//     reader;
//   - [Future.Result] and [Future.Ready] look without waiting;
//   - [Future.OnDone] runs a callback.
//
// # Callbacks and their order
//
// Callbacks run on the future's [Executor], in the order in which they were linked, each exactly once. A callback linked
// after the completion goes to the end of the executor's queue, never before one linked earlier. [Link.Unlink] revokes a
// callback that has not started to run.
//
// With a nil Executor, callbacks run on the goroutine that completes the future or, if linked later, on the goroutine
// that links them. Such callbacks should not block. A panic in one of them propagates on that goroutine, but only after
// the callbacks that follow have run.
//
// # Derived futures
//
// [Then], [FlatMap], [Transform], [Recover], [All], [Settle], [First] and [AsCompleted] start no goroutine and do not
// pass through the executor: they work inside the call that completes the source, or inside the caller's if the source
// is complete already. A derived future is therefore complete before any callback of its source starts to run, and a
// callback may wait for it. The callbacks that are linked to a source before it completes come before those of the futures
// derived from it, and all of these before the callbacks of whatever completes next. A function given to Then, FlatMap, Transform or Recover delays the
// call that completes its source: for work that blocks, use [Go] or [Future.OnDone].
//
// A client has a goroutine that runs these functions for its futures. There they delay only each other and the callbacks
// behind them, so they may wait for an operation. They cannot wait for something that completes only after they have
// returned: [Future.Get] then fails with [ErrWouldDeadlock].
//
// A derived future has its source's executor, an aggregate the first executor among its sources. If there is none, it
// takes the executor of the future whose completion completes it. A nil *Future given to any of these functions counts
// as a future that failed with [ErrNilFuture].
//
// # Goroutines
//
//	goroutine   started by   ends
//	work        Go           when fn has returned; its future then completes
package future
