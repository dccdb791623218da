package cache

import "github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"

// OnChange calls fn with the events of a new [Subscription], in their order, on the client's handler, in one sequence
// with all callbacks of the client. After remove it is not called again; a call in progress is not waited for. Events
// that wait behind a slow callback are merged, see Subscription. There are no more when the cache has ended; [Cache.Err]
// says why.
func (c *Cache) OnChange(fn func(Event)) (remove func()) {
	if fn == nil {
		return func() {}
	}
	o := &onChange{fn: fn, s: c.Subscribe(), post: func(fn func()) { core.Post(c.client, fn) }}
	o.s.tellBy(o.more)
	return o.s.Close
}

// onChange calls fn for one event after the other, each as a callback of its own on the client's handler. At most one of them
// is queued.
type onChange struct {
	fn   func(Event)
	s    *Subscription
	post func(func())
}

// more is called when an event waits and no callback is queued.
func (o *onChange) more() { o.post(o.turn) }

func (o *onChange) turn() {
	e, ok := o.s.next()
	defer o.s.turned() // even if fn panics
	if ok {
		o.fn(e)
	}
}
