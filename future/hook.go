package future

// hookFunc is a callback of this package's own: it runs inside the completion,
// never through an executor, and completes derived futures in the batch given to
// it.
type hookFunc[T any] func(v T, err error, b *batch)

// hook has fn called when f completes, or now if it has. It counts a nil future
// as failed. b is the batch that the caller is part of, or nil.
func (f *Future[T]) hook(b *batch, fn hookFunc[T]) Link {
	if f == nil {
		var zero T
		fn(zero, ErrNilFuture, b)
		return Link{}
	}
	if l, ok := f.linkHook(fn); ok {
		return l
	}
	fn(f.value, f.err, b)
	return Link{}
}

// linkHook links fn, or returns false if f is complete. Even while the completer
// still posts, a late hook does not wait for it: the caller may be one of the
// very callbacks that are being posted, and about to wait for what fn completes.
func (f *Future[T]) linkHook(fn hookFunc[T]) (Link, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.completed.Load() {
		return Link{}, false
	}
	n := f.newNodeLocked()
	n.hook = fn
	f.more.hooks.push(n)
	return Link{n}, true
}

// runHooks runs the hooks in the order in which they were linked.
func (f *Future[T]) runHooks(b *batch) {
	for fn := f.nextHook(); fn != nil; fn = f.nextHook() {
		fn(f.value, f.err, b)
	}
}

func (f *Future[T]) nextHook() hookFunc[T] {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.more == nil {
		return nil
	}
	n := f.more.hooks.pop()
	if n == nil {
		return nil
	}
	fn := n.hook
	n.hook, n.status = nil, taken
	return fn
}

// batch is the work of one completion: the future completed, and all futures
// derived from it that complete with it. First all of them complete, then their
// callbacks are posted, in the order of their completion. So no callback can wait
// in vain for a derived future, and a long chain of derived futures is worked off
// in a loop and not by recursion. A batch belongs to one goroutine.
type batch struct {
	ex      Executor // of the future completed first
	futures []completed
	hooked  int          // how many of futures have run their hooks
	posted  int          // how many of futures have posted their callbacks
	few     [4]completed // room for the usual number of futures
}

func newBatch(ex Executor) *batch {
	b := &batch{ex: ex}
	b.futures = b.few[:0]
	return b
}

// completed is a complete future of any type.
type completed interface {
	runHooks(b *batch)
	postAll()
}

func (b *batch) add(f completed) { b.futures = append(b.futures, f) }

// run works the batch off. Each step can be taken up again where it was left.
func (b *batch) run() {
	returned := false
	defer func() {
		if !returned {
			b.run() // a panic or runtime.Goexit passes: finish first
		}
	}()
	for ; b.hooked < len(b.futures); b.hooked++ {
		b.futures[b.hooked].runHooks(b)
	}
	for ; b.posted < len(b.futures); b.posted++ {
		b.futures[b.posted].postAll()
	}
	returned = true
}
