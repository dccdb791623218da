// Package future holds typed results that are not there yet.
//
// A [Future] is the reading side, a [Promise] the writing side. A future
// completes exactly once, with a value or with an error, and the first
// completion wins. It can be read in five ways, all at the same time and, but
// for C, from any number of goroutines:
//
//   - [Future.Get] waits, bounded by a context;
//   - [Future.Done] is a channel for select, closed on completion;
//   - [Future.C] is a channel for select that carries the result once, for one
//     reader;
//   - [Future.Result] and [Future.Ready] look without waiting;
//   - [Future.OnDone] has a callback run.
//
// # Callbacks and their order
//
// Callbacks run on the future's [Executor], in the order in which they were
// linked, each exactly once. A callback linked after the completion goes to the
// executor's end, never in front of one linked before it. [Link.Unlink] takes a
// callback back, up to the moment at which it begins to run.
//
// With a nil Executor callbacks run on the goroutine that completes the future,
// or, linked late, on the goroutine that links them. Such callbacks should not
// block. One that panics takes down that goroutine's call as any panic does, but
// only after the callbacks that follow it have run.
//
// # Derived futures
//
// [Then], [FlatMap], [Transform], [Recover], [All], [Settle], [First] and [AsCompleted] start
// no goroutine and do not pass through the executor: they do their work inside
// the call that completes the source, or inside the caller's when the source is
// complete already. So a derived future is complete before any callback of its
// source begins to run, and a callback may wait for it. The callbacks of a source
// come before those of the futures derived from it, and all of them before those
// of whatever is completed next. So a function given to Then, FlatMap, Transform or Recover
// holds up the call that completes its source: for work that blocks, use [Go] or
// [Future.OnDone].
//
// Futures of a client have a goroutine for these functions. There, they hold up only
// each other and the callbacks behind them, so they may wait for an operation. They
// cannot wait for what completes only after their own return: [Future.Get] then fails
// with [ErrWouldDeadlock].
//
// A derived future has its source's executor, an aggregate the first executor
// among its sources. Where there is none, it takes the executor of the future
// whose completion completes it. A nil *Future given to any of them counts as a
// future that failed with [ErrNilFuture].
//
// # Goroutines
//
//	goroutine   started by   ends
//	work        Go           when fn has returned; its future then completes
package future
