package future

// Task is a callback that is ready to run. It is an alias of an unnamed interface,
// so that packages that do not import this one can implement [Executor].
//
// A Task posted by a future also has a String method, which names the callback's
// function, its file and line, before, while and (if it panicked) after it runs.
// It may be called from any goroutine.
type Task = interface{ Run() }

// Executor runs the callbacks of futures.
//
// Execute accepts a task and runs it after all tasks accepted before, one at a time. It must not block its caller for
// long, since that may be the goroutine that reads from the network. Execute is called from any goroutine, at most once
// for each callback, and never under a lock of this package. The executor handles panics in tasks.
type Executor interface {
	Execute(task Task)
}
