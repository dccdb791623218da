package handler

// blockLen is how many tasks a block holds: together with its two other fields and
// the allocator's header it fills 4 KiB.
const blockLen = 254

// maxFree is how many empty blocks a queue keeps: 128 KiB. Any more that a burst needs
// go to the garbage collector as the tasks run.
const maxFree = 32

// block is a piece of a fifo.
type block struct {
	tasks [blockLen]Task
	n     int // how many there are
	next  *block
}

// fifo is a list of tasks that grows without bound and without copying. It is not safe
// for concurrent use. The zero value is empty.
//
// One growing slice would be simpler, but for a burst of a million callbacks append
// would copy, clear and discard four times what it holds, under the lock.
type fifo struct{ head, tail *block }

func (f *fifo) empty() bool { return f.head == nil }

// freelist holds the empty blocks of a queue.
type freelist struct {
	head *block
	n    int
}

// push appends task.
func (f *fifo) push(task Task, free *freelist) {
	if b := f.tail; b == nil || b.n == blockLen {
		f.grow(free)
	}
	f.tail.tasks[f.tail.n] = task
	f.tail.n++
}

func (f *fifo) grow(free *freelist) {
	b := free.get()
	if f.tail == nil {
		f.head = b
	} else {
		f.tail.next = b
	}
	f.tail = b
}

func (l *freelist) get() *block {
	b := l.head
	if b == nil {
		return new(block)
	}
	l.head, b.next = b.next, nil
	l.n--
	return b
}

// put takes back a block whose tasks have run.
func (l *freelist) put(b *block) {
	if l.n == maxFree {
		return
	}
	clear(b.tasks[:b.n])
	b.n, b.next = 0, l.head
	l.head = b
	l.n++
}
