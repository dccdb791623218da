package zkasync

import "sync"

// window submits a growing number of requests of one composite operation, a bounded number at a time. Replies arrive on
// one goroutine while another may still be sending the first requests, so it has a lock; each and done are called
// without it.
type window struct {
	each func(i int)     // submits the i-th request; its completion calls finish or stop
	done func(err error) // called once, when all is finished or stop was called

	mu      sync.Mutex
	total   int // known so far
	next    int // to be submitted
	pending int // submitted and not finished
	filling bool
	err     error
	over    bool
}

// more adds n requests and submits those that there is room for.
func (w *window) more(n int) {
	w.mu.Lock()
	w.total += n
	w.fill()
}

// finish ends one request, which has led to n more.
func (w *window) finish(n int) {
	w.mu.Lock()
	w.pending--
	w.total += n
	w.fill()
}

// stop ends one request with an error that ends everything. The others in flight are waited for.
func (w *window) stop(err error) {
	w.mu.Lock()
	w.pending--
	if w.err == nil {
		w.err = err
	}
	w.total = w.next
	w.fill()
}

// fill submits requests while there is room, and unlocks. One goroutine at a time does so, which keeps the order; a request
// that fails at once calls finish from within, which then only counts.
func (w *window) fill() {
	if w.filling {
		w.mu.Unlock()
		return
	}
	w.filling = true
	for w.err == nil && w.next < w.total && w.pending < deleteWindow {
		i := w.next
		w.next++
		w.pending++
		w.mu.Unlock()
		w.each(i)
		w.mu.Lock()
	}
	w.filling = false
	over := !w.over && w.pending == 0 && (w.err != nil || w.next == w.total)
	if over {
		w.over = true
	}
	err := w.err
	w.mu.Unlock()
	if over {
		w.done(err)
	}
}
