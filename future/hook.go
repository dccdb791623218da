package future

// hookFunc is a callback of this package's own. It runs inside the completion, never
// through an executor, and completes derived futures in the batch it is given.
type hookFunc[T any] func(v T, err error, b *batch)

// hook calls fn when f completes, or now if it is complete. A nil future counts as
// failed. b is the batch that the caller is part of, or nil.
func (f *Future[T]) hook(b *batch, fn hookFunc[T]) Link { return f.hookAs(false, b, fn) }

// hookUsers is hook for an fn that calls a user function.
func (f *Future[T]) hookUsers(fn hookFunc[T]) { f.hookAs(true, nil, fn) }

func (f *Future[T]) hookAs(users bool, b *batch, fn hookFunc[T]) Link {
	if f == nil {
		var zero T
		fn(zero, ErrNilFuture, b)
		return Link{}
	}
	if l, ok := f.linkHook(users, fn); ok {
		return l
	}
	if users && f.hookBehind(fn) {
		return Link{}
	}
	fn(f.value, f.err, b)
	return Link{}
}

// hookBehind queues a late hook behind functions of futures that completed before f
// and have not run yet. It returns false if there are none.
func (f *Future[T]) hookBehind(fn hookFunc[T]) bool {
	ex := f.executor()
	d := asDeliverer(ex)
	if d == nil {
		return false
	}
	b := newBatch(ex)
	b.add(&lateHook[T]{f, fn}, ex)
	b.at = d
	return d.DeliverLate(b)
}

// lateHook is a complete future for which only one hook is left to run.
type lateHook[T any] struct {
	f  *Future[T]
	fn hookFunc[T]
}

func (h *lateHook[T]) executor() Executor { return h.f.executor() }
func (h *lateHook[T]) hasHooks() bool     { return h.fn != nil }
func (h *lateHook[T]) runOwnHooks(*batch) {}
func (h *lateHook[T]) postAll(deliverer)  {}

func (h *lateHook[T]) queueAll(deliverer) func() { return nil }

func (h *lateHook[T]) runHooks(b *batch) {
	if fn := h.fn; fn != nil {
		h.fn = nil
		fn(h.f.value, h.f.err, b)
	}
}

// linkHook links fn, or returns false if f is complete. Even while the completer
// still posts, a late hook does not wait for it: the caller may be one of the very
// callbacks that are being posted, and about to wait for what fn completes.
func (f *Future[T]) linkHook(users bool, fn hookFunc[T]) (Link, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.completed.Load() {
		return Link{}, false
	}
	n := f.newNodeLocked()
	n.hook, n.users = fn, users
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
	return f.more.hooks.popHook()
}

func (l *list[T]) popHook() hookFunc[T] {
	n := l.pop()
	if n == nil {
		return nil
	}
	fn := n.hook
	n.hook, n.status = nil, taken
	return fn
}

// runOwnHooks runs the hooks that call no user function, and leaves the others.
func (f *Future[T]) runOwnHooks(b *batch) {
	var users *node[T] // the first of the others, which move behind the end
	for {
		fn, ok := f.nextOwnHook(&users)
		if !ok {
			return
		}
		if fn != nil {
			fn(f.value, f.err, b)
		}
	}
}

// nextOwnHook takes the hook at the head, or moves it to the end if it calls a user
// function. Such hooks are never unlinked, and none is linked to a complete future.
func (f *Future[T]) nextOwnHook(users **node[T]) (fn hookFunc[T], ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.more == nil {
		return nil, false
	}
	hooks := &f.more.hooks
	n := hooks.head
	if n == nil || n == *users {
		return nil, false
	}
	if !n.users {
		return hooks.popHook(), true
	}
	hooks.remove(n)
	hooks.push(n)
	if *users == nil {
		*users = n
	}
	return nil, true
}

func (f *Future[T]) hasHooks() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.more != nil && f.more.hooks.head != nil
}
