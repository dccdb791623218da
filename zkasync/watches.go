package zkasync

import (
	"sync"

	"github.com/go-zookeeper/zk"
)

// watchTable holds everything that waits for watch events. The zero value is empty and ready.
//
// Events, replies and the restoration after a reconnect come on the connection's reader, one at a time. Registrations are
// made there as well, at the reply and before it completes anything, so no event can come before its registration.
type watchTable struct {
	once       oneShots
	persistent persistentTable
	lives      liveSet
	workers    crew // goroutines that serve watches
}

// firedBy lists which one-shot watches an event of each type ends.
var firedBy = map[zk.EventType][]watchKind{
	zk.EventNodeCreated:         {watchData, watchExist},
	zk.EventNodeDataChanged:     {watchData, watchExist},
	zk.EventNodeDeleted:         {watchData, watchExist, watchChild},
	zk.EventNodeChildrenChanged: {watchChild},
}

// fire delivers an event of the server: to one-shot watches first, then to subscriptions, each in the order of their
// registration. The server sends one event per change, however many watches it is for.
func (t *watchTable) fire(e zk.Event, at eventPlace) {
	t.once.fire(e)
	for _, s := range t.persistent.listeners(e, at) {
		s.put(e)
	}
	parent, subs := t.persistent.implied(e, at)
	for _, s := range subs {
		s.put(zk.Event{Type: zk.EventNodeChildrenChanged, State: e.State, Path: parent})
	}
}

// expired ends the one-shot watches of a session that is over. Subscriptions go over to the next session.
func (t *watchTable) expired() {
	t.once.failAll(ErrSessionExpired)
	t.persistent.sessionReplaced()
}

// failAll ends all watches: one-shots, then subscriptions, each in the order of their registration, then watched values
// in no order.
func (t *watchTable) failAll(err error) {
	t.once.failAll(err)
	for _, s := range t.persistent.takeAll() {
		s.end(err)
	}
	for _, l := range t.lives.all() {
		l.end(err)
	}
}

// join waits for the goroutines of watches, after failAll.
func (t *watchTable) join() { t.workers.wait() }

// crew counts goroutines. Unlike a sync.WaitGroup it may grow from zero while somebody waits. The zero value is ready.
type crew struct {
	mu   sync.Mutex
	n    int
	idle chan struct{} // closed when n falls to zero; nil while nobody waits
}

func (c *crew) enter() {
	c.mu.Lock()
	c.n++
	c.mu.Unlock()
}

func (c *crew) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n--
	if c.n == 0 && c.idle != nil {
		close(c.idle)
		c.idle = nil
	}
}

func (c *crew) wait() {
	c.mu.Lock()
	if c.n == 0 {
		c.mu.Unlock()
		return
	}
	if c.idle == nil {
		c.idle = make(chan struct{})
	}
	idle := c.idle
	c.mu.Unlock()
	<-idle
}
