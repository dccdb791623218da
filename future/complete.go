package future

// complete sets the outcome if there is none yet and runs the hooks and callbacks.
// In a batch it leaves them to the batch.
func (f *Future[T]) complete(v T, err error, b *batch) bool {
	held := f.lock(b)
	if f.completed.Load() {
		f.mu.Unlock()
		release(held)
		return false
	}
	if err == nil {
		f.value = v // a failure's value stays zero
	}
	f.err = err
	if f.ex == nil && b != nil {
		// Without this, a callback could end up running where it must not block: on
		// the goroutine that reads the network.
		f.ex = b.ex
	}
	ex := f.ex
	if f.done != nil {
		close(f.done)
	}
	m := f.more
	if m != nil && m.c != nil {
		m.c <- Result[T]{f.value, f.err}
	}
	hooks := m != nil && m.hooks.head != nil
	f.posting = f.tiedLocked()
	todo := f.posting
	var task Task
	if todo && !hooks && b == nil {
		task = f.popTaskLocked()
	}
	f.completed.Store(true)
	f.mu.Unlock()

	switch {
	case !todo:
		release(held) // its callbacks and hooks have been unlinked meanwhile
	case b != nil:
		b.add(f, ex)
	case hooks:
		b = newBatch(ex)
		b.held = held
		b.add(f, ex)
		if b.run() {
			b.recycle()
		}
	case held != nil:
		task = f.queue(task, held)
		held.Release()
		f.post(task)
	default:
		f.post(task)
	}
	return true
}

// lock locks f. If completing f will hand over callbacks outside of a batch, lock
// holds the order of its deliverer as well.
func (f *Future[T]) lock(b *batch) (held deliverer) {
	f.mu.Lock()
	if b != nil || !f.tiedLocked() {
		return nil
	}
	d := asDeliverer(f.ex)
	if d != nil && !d.TryHold() {
		// Locks of futures are taken under the hold, so never the other way round.
		f.mu.Unlock()
		d.Hold()
		f.mu.Lock()
	}
	return d
}

// release ends a hold, if there is one.
func release(held deliverer) {
	if held != nil {
		held.Release()
	}
}

// tiedLocked reports whether callbacks or hooks are linked to f, which is pending.
func (f *Future[T]) tiedLocked() bool {
	m := f.more
	return f.slot == linked || m != nil && (m.hooks.head != nil || m.callbacks.head != nil)
}

// queue is post under the hold of f's deliverer. It returns the task that has to run
// at once, or nil if there is none.
func (f *Future[T]) queue(task Task, held deliverer) Task {
	for task != nil && held.Queue(task) {
		task = f.nextTask()
	}
	return task
}

// post executes task and then all other linked callbacks, including those linked
// meanwhile. Only the completer calls it: posting is true until it returns.
func (f *Future[T]) post(task Task) { f.postBy(task, f.execute) }

func (f *Future[T]) postBy(task Task, execute func(Task)) {
	returned := false
	defer func() {
		if !returned {
			// A callback without an executor panicked or ended its goroutine. Run the
			// others before the panic continues.
			f.postBy(f.nextTask(), execute)
		}
	}()
	for task != nil {
		execute(task)
		task = f.nextTask()
	}
	returned = true
}

// postAll posts all callbacks, in a batch that runs at the given deliverer's place.
func (f *Future[T]) postAll(at deliverer) {
	if d := asDeliverer(f.ex); d != nil && samePlace(d, at) {
		f.postBy(f.nextTask(), d.Forward)
		return
	}
	f.post(f.nextTask())
}

// queueAll is postAll under a hold, for futures of that deliverer's place.
func (f *Future[T]) queueAll(held deliverer) (left func()) {
	d := asDeliverer(f.ex)
	if d == nil || !samePlace(d, held) {
		return nil
	}
	if task := f.queue(f.nextTask(), d); task != nil {
		return func() { f.post(task) }
	}
	return nil
}

func (f *Future[T]) execute(task Task) {
	if f.ex == nil {
		task.Run()
		return
	}
	f.ex.Execute(task)
}

// executeLate is execute for the goroutine that links a callback to a complete
// future: that goroutine is the user's own.
func (f *Future[T]) executeLate(task Task) {
	if d := asDeliverer(f.ex); d != nil {
		d.ExecuteHere(task)
		return
	}
	f.execute(task)
}

// nextTask returns the next callback to post. If there is none, it ends posting:
// from then on, whoever links a callback posts it.
func (f *Future[T]) nextTask() Task {
	f.mu.Lock()
	defer f.mu.Unlock()
	task := f.popTaskLocked()
	if task == nil {
		f.posting = false
	}
	return task
}

func (f *Future[T]) popTaskLocked() Task {
	if f.slot == linked {
		f.slot = posted
		return (*completion[T])(f)
	}
	if f.more == nil {
		return nil
	}
	n := f.more.callbacks.pop()
	if n == nil {
		return nil
	}
	n.status = posted
	return n
}
