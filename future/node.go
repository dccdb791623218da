package future

// node is a callback after the first, or a hook: exactly one of fn and hook is
// set. The mu of f guards all of it.
type node[T any] struct {
	f          *Future[T]
	prev, next *node[T] // neighbours while the status is linked
	fn         func(T, error)
	hook       hook[T]
	users      bool // hook calls a function of the user's
	status     status
}

func (n *node[T]) Run() { n.f.call(&n.fn, &n.status) }

func (n *node[T]) String() string { return n.f.describe(&n.fn) }

func (n *node[T]) unlink() bool {
	n.f.mu.Lock()
	defer n.f.mu.Unlock()
	if n.status == taken {
		return false
	}
	if n.status == linked {
		// Remove it at once: a future that many callers link to and unlink from
		// must not grow.
		if n.hook != nil {
			n.f.more.hooks.remove(n)
		} else {
			n.f.more.callbacks.remove(n)
		}
	}
	n.fn, n.hook, n.status = nil, nil, taken
	return true
}

// newNodeLocked returns a node for one of the lists in more.
func (f *Future[T]) newNodeLocked() *node[T] {
	m := f.extrasLocked()
	n := &m.spare
	if n.f != nil {
		n = new(node[T])
	}
	n.f, n.status = f, linked
	return n
}

// list is a queue that nodes may leave from the middle.
type list[T any] struct {
	head, tail *node[T]
}

func (l *list[T]) push(n *node[T]) {
	n.prev = l.tail
	if l.tail == nil {
		l.head = n
	} else {
		l.tail.next = n
	}
	l.tail = n
}

func (l *list[T]) remove(n *node[T]) {
	if n.prev == nil {
		l.head = n.next
	} else {
		n.prev.next = n.next
	}
	if n.next == nil {
		l.tail = n.prev
	} else {
		n.next.prev = n.prev
	}
	n.prev, n.next = nil, nil
}

// pop removes and returns the head, or returns nil.
func (l *list[T]) pop() *node[T] {
	n := l.head
	if n != nil {
		l.remove(n)
	}
	return n
}
