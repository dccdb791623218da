package zkasync

import (
	"container/list"
	"sync"

	"github.com/go-zookeeper/zk"
)

// eventRoom is the capacity of the channel of a subscription that coalesces.
const eventRoom = 16

// eventFeed takes the events of one subscription to its reader. As long as the reader keeps up it needs no goroutine; a
// backlog is moved into the channel by one, once somebody has asked for the channel.
type eventFeed struct {
	ch    chan zk.Event // closed by end
	done  chan struct{} // closed by end, before ch
	crew  *crew
	limit int // of a feed that buffers

	mu      sync.Mutex
	backlog *backlog // nil: buffers up to limit
	reading bool     // the channel was asked for
	pumping bool
	err     error // why it has ended
	pumps   sync.WaitGroup
}

func newEventFeed(crew *crew, path string, spec subscribeSpec) *eventFeed {
	f := &eventFeed{done: make(chan struct{}), crew: crew, limit: spec.limit}
	switch {
	case spec.fn != nil || spec.live != nil:
		f.ch = make(chan zk.Event)
	case spec.coalesce:
		f.ch = make(chan zk.Event, eventRoom)
		f.backlog = newBacklog(path, spec.limit)
	default:
		f.ch = make(chan zk.Event, spec.limit+1)
	}
	return f
}

// put takes one event; false when it was the one too many.
func (f *eventFeed) put(e zk.Event) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return true
	}
	if f.backlog == nil {
		fits := len(f.ch) < f.limit
		f.ch <- e // there is room for one beyond the limit, and only put sends
		return fits
	}
	if f.backlog.len() == 0 {
		select {
		case f.ch <- e:
			return true
		default:
		}
	}
	f.backlog.add(e)
	f.pumpLocked()
	return true
}

func (f *eventFeed) events() <-chan zk.Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reading = true
	f.pumpLocked()
	return f.ch
}

// pumpLocked starts the goroutine if there is work for it.
func (f *eventFeed) pumpLocked() {
	if f.pumping || !f.reading || f.err != nil || f.backlog == nil || f.backlog.len() == 0 {
		return
	}
	f.pumping = true
	f.crew.enter()
	f.pumps.Add(1)
	go f.pump()
}

// pump moves the backlog into the channel as the reader makes room.
func (f *eventFeed) pump() {
	defer f.crew.leave()
	defer f.pumps.Done()
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.err == nil && f.backlog.len() > 0 {
		front := f.backlog.front()
		e := front.Value.(zk.Event)
		f.mu.Unlock()
		sent := false
		select {
		case f.ch <- e:
			sent = true
		case <-f.done:
		}
		f.mu.Lock()
		if sent {
			f.backlog.delivered(front)
		}
	}
	f.pumping = false
}

// end closes the channel; the first error stays.
func (f *eventFeed) end(err error) {
	f.mu.Lock()
	if f.err != nil {
		f.mu.Unlock()
		return
	}
	f.err = err
	close(f.done)
	f.mu.Unlock()
	f.pumps.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.backlog != nil {
		f.keepLastLocked()
	}
	close(f.ch)
}

// keepLastLocked moves what fits into the channel, and the last event in any case.
func (f *eventFeed) keepLastLocked() {
	for el := f.backlog.front(); el != nil; el = el.Next() {
		select {
		case f.ch <- el.Value.(zk.Event):
			continue
		default:
		}
		select {
		case <-f.ch: // the oldest gives way; or the reader has just made room
		default:
		}
		f.ch <- f.backlog.events.Back().Value.(zk.Event)
		return
	}
}

func (f *eventFeed) failure() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// backlog holds events that wait, in the order of their coming, at most one of each key and at most limit, and possibly
// a resync in front of them.
type backlog struct {
	path   string
	limit  int
	events list.List // of zk.Event
	byKey  map[eventKey]*list.Element
}

// eventKey is what the latest event counts of. The list of children changes independently of the rest.
type eventKey struct {
	path     string
	children bool
}

func keyOf(e zk.Event) eventKey { return eventKey{e.Path, e.Type == zk.EventNodeChildrenChanged} }

func newBacklog(path string, limit int) *backlog {
	return &backlog{path: path, limit: limit, byKey: make(map[eventKey]*list.Element)}
}

func (b *backlog) len() int             { return b.events.Len() }
func (b *backlog) front() *list.Element { return b.events.Front() }

func (b *backlog) add(e zk.Event) {
	if e.Type == EventResync {
		b.collapse(e)
		return
	}
	key := keyOf(e)
	if old := b.byKey[key]; old != nil {
		b.events.Remove(old)
	} else if len(b.byKey) >= b.limit {
		b.collapse(resyncEvent(b.path, ErrSlowReader))
	}
	b.byKey[key] = b.events.PushBack(e)
}

// collapse replaces everything by one resync. The end of the session is the reason that says most.
func (b *backlog) collapse(resync zk.Event) {
	if front := b.front(); front != nil {
		if e := front.Value.(zk.Event); e.Type == EventResync && e.Err == ErrSessionExpired {
			resync = e
		}
	}
	b.events.Init()
	b.byKey = make(map[eventKey]*list.Element) // a new one gives the memory of many paths back
	b.events.PushBack(resync)
}

// delivered removes an element, unless it has been replaced meanwhile.
func (b *backlog) delivered(el *list.Element) {
	e := el.Value.(zk.Event)
	if e.Type == EventResync {
		if b.front() == el {
			b.events.Remove(el)
		}
		return
	}
	if b.byKey[keyOf(e)] == el {
		delete(b.byKey, keyOf(e))
		b.events.Remove(el)
	}
}
