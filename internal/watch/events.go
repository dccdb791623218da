package watch

import (
	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// What happens to subscriptions on the connection's reader: events, and the restoration on a new connection.

// Place says which change an event is of, as far as that can be told.
type Place struct {
	Zxid    int64 // of the change; -1 from servers before 3.9 (ZOOKEEPER-4655) and for what came at a restoration
	Replies int64 // that came before it
}

// isOf reports whether two events are of one change. Servers send what one change leads to without any reply between.
func (at Place) isOf(other Place) bool {
	return at.Zxid == other.Zxid && (at.Zxid > 0 || at.Replies == other.Replies)
}

// eventEcho is what may come behind an event that implied has told of: that the children of a path have changed. It need not
// come at all, as when the client may not read that znode.
type eventEcho struct {
	path string
	at   Place
}

// restore is called for a new connection: the server has nothing yet, and will have what this returns. Gap is why events may
// have been missed where nothing says more. A path may be in both
// lists, see placement.both.
func (t *placements) restore(gap error) (byMode [Modes][]string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.conns++
	t.echo = eventEcho{} // it would have come on the connection before
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

// sessionReplaced notes why the next restoration is needed.
func (t *placements) sessionReplaced(gap error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.byPath.M {
		p.gap = gap
	}
}

// resync tells the subscriptions of a path, which the server watches again, that events may have been missed.
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

// listeners returns the subscriptions that e is for, in the order of their registration.
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

// recursiveLocked appends the recursive subscriptions of a path and of all above it. It walks up from the path, which costs
// the path's length, not the number of subscriptions. A prefix is looked up only if subscriptions have paths of that
// length: to hash each prefix of a path of half a megabyte would take seconds.
func (t *placements) recursiveLocked(hit []*Listener, path string) []*Listener {
	for lengths := len(t.recursive); lengths > 0; path = wire.ParentOf(path) {
		if t.recursive[len(path)] > 0 {
			hit = t.hitLocked(hit, path, Recursive)
			lengths--
		}
		if path == "/" {
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

// implied returns the subscriptions that are to be told of a changed list of children because of e, and the path of that
// list: servers do not report it for a recursive watch, and those before 3.9 forget any other persistent watch of its path.
// One that does report it sends it right behind e; that echo is for one-shot watches alone then.
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
