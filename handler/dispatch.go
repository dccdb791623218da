package handler

// dispatch is the goroutine of a queue that a worker drives. It lives for one life
// of the handler and runs tasks each time it is handed the baton. Its owner is the
// core, whose Stop joins it.
func (q *queue) dispatch(l *life, wake chan struct{}) {
	defer q.core.leave(l)
	ended := false
	defer func() {
		if ended {
			return
		}
		// A callback ended this goroutine with runtime.Goexit. Another one takes over
		// the baton, and with it the rest of the batch.
		q.core.join(l)
		wake <- struct{}{}
		go q.dispatch(l, wake)
	}()
	for range wake {
		enter(q, byWorker)
	}
	ended = true
}

// finish is the goroutine that runs what a loop has left when its handler is stopped.
// Stop could do so itself, but then a callback that blocks would hold it up after its
// context is done. It starts with the baton; its owner is the core, whose Stop joins it.
func (q *queue) finish(l *life) {
	defer q.core.leave(l)
	enter(q, byCaller)
}

// join counts a new goroutine of a life.
func (c *core) join(l *life) {
	c.mu.Lock()
	l.alive++
	c.mu.Unlock()
}

// leave is the last thing a goroutine does. The last goroutine ends the life.
func (c *core) leave(l *life) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l.alive--
	if l.alive == 0 {
		close(l.done)
	}
}
