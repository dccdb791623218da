package future

// hook is a callback of this package's own. It runs inside the completion, never
// through an executor, and completes derived futures in the batch it is given.
type hook[T any] interface {
	completed(v T, err error, b *batch)
}

// hookFunc is a function as a hook.
type hookFunc[T any] func(v T, err error, b *batch)

func (fn hookFunc[T]) completed(v T, err error, b *batch) { fn(v, err, b) }

// hook calls h when f completes, or now if it is complete. A nil future counts as
// failed. b is the batch that the caller is part of, or nil.
func (f *Future[T]) hook(b *batch, h hook[T]) Link { return f.hookAs(false, b, h) }

// hookUsers is hook for an fn that calls a user function.
func (f *Future[T]) hookUsers(fn hookFunc[T]) { f.hookAs(true, nil, fn) }

func (f *Future[T]) hookAs(users bool, b *batch, h hook[T]) Link {
	if f == nil {
		var zero T
		h.completed(zero, ErrNilFuture, b)
		return Link{}
	}
	if l, ok := f.linkHook(users, h); ok {
		return l
	}
	if users && f.hookBehind(h) {
		return Link{}
	}
	h.completed(f.value, f.err, b)
	return Link{}
}

// hookBehind queues a late hook behind functions of futures that completed before f
// and have not run yet. It returns false if there are none.
func (f *Future[T]) hookBehind(h hook[T]) bool {
	ex := f.executor()
	d := asDeliverer(ex)
	if d == nil {
		return false
	}
	b := newBatch(ex)
	b.add(&lateHook[T]{f, h}, ex)
	b.at = d
	return d.DeliverLate(b)
}

// lateHook is a complete future for which only one hook is left to run.
type lateHook[T any] struct {
	f    *Future[T]
	hook hook[T]
}

func (h *lateHook[T]) executor() Executor { return h.f.executor() }
func (h *lateHook[T]) hasHooks() bool     { return h.hook != nil }
func (h *lateHook[T]) runOwnHooks(*batch) {}
func (h *lateHook[T]) postAll(deliverer)  {}

func (h *lateHook[T]) queueAll(deliverer) func() { return nil }

func (h *lateHook[T]) runHooks(b *batch) {
	if hook := h.hook; hook != nil {
		h.hook = nil
		hook.completed(h.f.value, h.f.err, b)
	}
}

// linkHook links h, or returns false if f is complete. Even while the completer
// still posts, a late hook does not wait for it: the caller may be one of the very
// callbacks that are being posted, and about to wait for what h completes.
func (f *Future[T]) linkHook(users bool, h hook[T]) (Link, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.completed.Load() {
		return Link{}, false
	}
	n := f.newNodeLocked()
	n.hook, n.users = h, users
	f.more.hooks.push(n)
	return Link{n}, true
}

// runHooks runs the hooks in the order in which they were linked.
func (f *Future[T]) runHooks(b *batch) {
	for h := f.nextHook(); h != nil; h = f.nextHook() {
		h.completed(f.value, f.err, b)
	}
}

func (f *Future[T]) nextHook() hook[T] {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.more == nil {
		return nil
	}
	return f.more.hooks.popHook()
}

func (l *list[T]) popHook() hook[T] {
	n := l.pop()
	if n == nil {
		return nil
	}
	h := n.hook
	n.hook, n.status = nil, taken
	return h
}

// runOwnHooks runs the hooks that call no user function, and leaves the others.
func (f *Future[T]) runOwnHooks(b *batch) {
	var users *node[T] // the first of the others, which move behind the end
	for {
		h, ok := f.nextOwnHook(&users)
		if !ok {
			return
		}
		if h != nil {
			h.completed(f.value, f.err, b)
		}
	}
}

// nextOwnHook takes the hook at the head, or moves it to the end if it calls a user
// function. Such hooks are never unlinked, and none is linked to a complete future.
func (f *Future[T]) nextOwnHook(users **node[T]) (h hook[T], ok bool) {
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
