package watch

import (
	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// This file has what happens to subscriptions on the goroutine that reads the connection: events, and the restoration on a new
// connection.

// Place identifies the change that an event belongs to, as far as that is possible.
type Place struct {
	Zxid    int64 // of the change; -1 from servers before 3.9 (ZOOKEEPER-4655) and at a restoration
	Replies int64 // how many replies came before the event
}

// isOf reports whether two events belong to one change. A server sends all events of one change without a reply between them.
func (at Place) isOf(other Place) bool {
	return at.Zxid == other.Zxid && (at.Zxid > 0 || at.Replies == other.Replies)
}

// eventEcho is the "children changed" event of path that the server may send after implied has derived it already. It need not
// come: for example, the client may lack permission to read that znode.
type eventEcho struct {
	path string
	at   Place
}

// restore is called for a new connection, on which the server has no watches yet. It returns the paths to place, by mode; a path
// may be in both lists, see placement.both. Gap is why events may have been missed, for placements that have no other reason.
func (t *placements) restore(gap error) (byMode [Modes][]string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.conns++
	t.echo = eventEcho{} // it would have come on the previous connection
	for path, p := range t.byPath.M {
		p.placed, p.implies = false, false
		if len(p.subs) == 0 {
			p.gap = nil // nobody has missed anything
			t.tidyLocked(path, p)
			continue
		}
		t.placeLocked(p, p.strongest())
		if p.gap == nil {
			p.gap = gap
		}
		byMode[p.mode] = append(byMode[p.mode], path)
		if p.both() {
			byMode[Persistent] = append(byMode[Persistent], path)
		}
	}
	return byMode
}

// sessionReplaced records that events may be missed because the session is a new one.
func (t *placements) sessionReplaced(gap error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.byPath.M {
		p.gap = gap
	}
}

// resync tells the subscriptions of a path that events may have been missed. The server watches the path again by then.
func (t *placements) resync(path string, why error) {
	t.mu.Lock()
	var subs []*Listener
	if p := t.byPath.M[path]; p != nil {
		subs = p.subs
		if p.gap != nil {
			why, p.gap = p.gap, nil
		}
	}
	t.mu.Unlock()
	for _, s := range subs {
		s.Sink.Resync(why)
	}
}

// listeners returns the subscriptions that e is for, in the order of registration.
func (t *placements) listeners(e zk.Event, at Place) []*Listener {
	if t.size.Load() == 0 {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	children := e.Type == zk.EventNodeChildrenChanged
	if echo := t.echo; children {
		t.echo = eventEcho{}
		if e.Path == echo.path && at.isOf(echo.at) {
			return nil
		}
	}
	hit := t.hitLocked(nil, e.Path, Persistent)
	if !children {
		hit = t.recursiveLocked(hit, e.Path)
	}
	sortListeners(hit)
	return hit
}

// recursiveLocked appends the recursive subscriptions of a path and of all its ancestors. It walks up from the path, so the cost
// depends on the path's length and not on the number of subscriptions. A prefix is looked up only if a subscription's path has
// that length: to hash every prefix of a path of half a megabyte would take seconds.
func (t *placements) recursiveLocked(hit []*Listener, path string) []*Listener {
	for lengths := len(t.recursive); lengths > 0; path = wire.ParentOf(path) {
		if t.recursive[len(path)] > 0 {
			hit = t.hitLocked(hit, path, Recursive)
			lengths--
		}
		if _, outside := FromOutside(path); outside || path == "/" {
			break
		}
	}
	return hit
}

// hitLocked appends the subscriptions of one path and mode.
func (t *placements) hitLocked(hit []*Listener, path string, mode Mode) []*Listener {
	if p := t.byPath.M[path]; p != nil {
		for _, s := range p.subs {
			if s.Mode == mode {
				hit = append(hit, s)
			}
		}
	}
	return hit
}

// implied returns the path whose list of children has changed because of e, and the subscriptions to tell about it. A server
// does not report the change for a recursive watch, and before 3.9 it forgets the plain persistent watch of a path that also has
// a recursive one. A server that does report the change does so right after e; that echo is then for one-shot watches only.
func (t *placements) implied(e zk.Event, at Place) (parent string, subs []*Listener) {
	if t.size.Load() == 0 {
		return "", nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if e.Type != zk.EventNodeChildrenChanged {
		t.echo = eventEcho{}
	}
	if e.Path == "/" || e.Type != zk.EventNodeCreated && e.Type != zk.EventNodeDeleted {
		return "", nil
	}
	if _, outside := FromOutside(e.Path); outside {
		return "", nil
	}
	parent = wire.ParentOf(e.Path)
	p := t.byPath.M[parent]
	if p == nil || !p.implies {
		return "", nil
	}
	t.echo = eventEcho{parent, at}
	for _, s := range p.subs {
		if s.Mode == Persistent {
			subs = append(subs, s)
		}
	}
	return parent, subs
}
