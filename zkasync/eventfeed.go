package zkasync

import (
	"container/list"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/feed"
)

// eventRoom is the capacity of the channel of a subscription that coalesces.
const eventRoom = 16

// newEventFeed returns the feed that passes events to the reader of a subscription. With a callback there is no reader.
func newEventFeed(crew *feed.Crew, path string, spec subscribeSpec) *feed.Feed[Event] {
	switch {
	case spec.fn != nil || spec.live != nil:
		return feed.Bounded[Event](0)
	case spec.coalesce:
		return feed.Queued(eventRoom, feed.Queue[Event](newBacklog(path, spec.limit)), crew)
	default:
		return feed.Bounded[Event](spec.limit)
	}
}

// backlog holds waiting events in the order of arrival, at most one per key and at most limit in all, with a resync in
// front of them if there is one.
type backlog struct {
	path   string
	limit  int
	events list.List // of Event
	byKey  map[eventKey]*list.Element
}

// eventKey is what the latest event is kept for. The list of children changes independently of the rest.
type eventKey struct {
	path     string
	children bool
}

func keyOf(e Event) eventKey { return eventKey{e.Path, e.Type == zk.EventNodeChildrenChanged} }

func newBacklog(path string, limit int) *backlog {
	return &backlog{path: path, limit: limit, byKey: make(map[eventKey]*list.Element)}
}

// Front implements feed.Queue.
func (b *backlog) Front() *list.Element { return b.events.Front() }

// Back implements feed.Queue.
func (b *backlog) Back() *list.Element { return b.events.Back() }

// Add implements feed.Queue.
func (b *backlog) Add(e Event) {
	if e.Resync {
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

// collapse replaces everything with one resync. If there are several reasons, the end of the session says most.
func (b *backlog) collapse(resync Event) {
	if front := b.Front(); front != nil {
		if e := front.Value.(Event); e.Resync && e.Err == ErrSessionExpired {
			resync = e
		}
	}
	b.events.Init()
	b.byKey = make(map[eventKey]*list.Element) // a new map releases the memory of many paths
	b.events.PushBack(resync)
}

// Delivered implements feed.Queue.
func (b *backlog) Delivered(el *list.Element) {
	e := el.Value.(Event)
	if e.Resync {
		if b.Front() == el {
			b.events.Remove(el)
		}
		return
	}
	if b.byKey[keyOf(e)] == el {
		delete(b.byKey, keyOf(e))
		b.events.Remove(el)
	}
}
