package cache

import (
	"maps"
	"slices"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// want makes sure that k is read by a request that is sent from now on. deep means that the gap does not end before that,
// and that everything below is read as well.
func (l *loop) want(k key, deep bool) *work {
	w := l.works[k]
	switch {
	case w == nil:
		w = &work{key: k}
		l.works[k] = w
		l.deepen(&w.deep, deep)
		l.queue(w)
	case w.flying:
		w.again = true
		l.deepen(&w.deepAgain, deep)
	default:
		l.deepen(&w.deep, deep)
	}
	return w
}

// deepen sets flag, and counts one more read that the gap must wait for.
func (l *loop) deepen(flag *bool, deep bool) {
	if deep && !*flag {
		*flag = true
		l.gap.open++
	}
}

func (l *loop) queue(w *work) {
	w.flying = false
	l.queued.push(w)
}

// breed puts children on the list of what to read later.
func (l *loop) breed(parent string, names []string, deep bool) {
	if len(names) > 0 {
		b := &brood{parent: parent, names: names}
		l.deepen(&b.deep, deep)
		l.later.push(b)
	}
}

// hatch queues a read of the next child of the first brood.
func (l *loop) hatch() {
	b := l.later.all()[0]
	name := b.names[0]
	b.names = b.names[1:]
	l.want(key{path: core.Join(b.parent, name)}, b.deep)
	if len(b.names) > 0 {
		return
	}
	l.later.pop()
	if b.deep {
		l.closeGap()
	}
}

// send sends reads as long as there is room.
func (l *loop) send() (sent bool) {
	for l.end == nil && l.placing == nil && l.flight.len() < window {
		switch {
		case l.queued.len() > 0:
			l.ask(l.queued.pop())
		case l.later.len() > 0:
			l.hatch()
		default:
			return sent
		}
		sent = true
	}
	return sent
}

func (l *loop) ask(w *work) {
	w.flying, w.sent = true, len(w.slots)
	switch {
	case l.old:
		l.askWatched(w)
	case w.list:
		fly(l, l.client.Children(l.ctx, w.path), w, (*loop).listed)
	default:
		fly(l, l.client.Get(l.ctx, w.path), w, (*loop).got)
	}
}

// got handles a znode's data, or the reason why there is none.
func (l *loop) got(w *work, n zkasync.Node, err error) {
	found := &Entry{Path: w.path, Data: n.Data, Stat: n.Stat}
	if err != nil {
		switch fateOf(err) {
		case absent:
			found = nil
		case hidden:
			found = &Entry{Path: w.path, Err: causeOf(err)}
			l.rest(w.key)
		default:
			l.unanswered(w, err)
			return
		}
	}
	was := l.entry(w.path)
	if !w.confirmed && isOlder(found, was) {
		l.confirm(w)
		return
	}
	if w.doubts(was, found) {
		l.ask(w)
		return
	}
	if w.deep && w.path == l.root {
		l.attach()
	}
	l.show(w, was, found)
	l.explore(w, was, found)
	l.answered(w)
}

// isOlder reports whether found is older than was. A client never goes back in time; servers can, when they are restored
// from a backup.
func isOlder(found, was *Entry) bool {
	return found != nil && was != nil && found.Err == nil && was.Err == nil && found.Stat.Mzxid < was.Stat.Mzxid
}

// confirm reads again after a Sync. What the server returns then is what the leader has.
func (l *loop) confirm(w *work) {
	w.confirmed = true
	l.client.Sync(l.ctx, w.path)
	l.ask(w)
}

// show stores what was found, and records it as a change to report.
func (l *loop) show(w *work, was, found *Entry) {
	gone, at := w.assign(was, found)
	switch {
	case found == nil:
		changes, told := l.remove(w.path)
		l.forget(w.path, changes)
		for _, ch := range changes {
			l.record(l.deletion(ch.path, at), told, ch)
		}
	case isSame(was, found):
	default:
		ch, told := l.put(found)
		if ch.old != nil && isAnother(ch.old, ch.new) {
			l.record(gone, told, change{path: ch.path, old: ch.old, seq: ch.seq})
			ch.old = nil
		}
		l.record(at, told, ch)
		l.bound()
	}
	if found != nil && found.Err == nil {
		delete(l.resting, w.key)
	}
}

// bound ends the cache if it has become too large.
func (l *loop) bound() {
	switch {
	case l.entries > l.cfg.entries:
		l.fail(&LimitError{What: "znodes", Limit: int64(l.cfg.entries)})
	case l.bytes > l.cfg.bytes:
		l.fail(&LimitError{What: "bytes", Limit: l.cfg.bytes})
	}
}

// explore queues reads of what is below a znode that was found, if it may have changed.
func (l *loop) explore(w *work, was, found *Entry) {
	if found == nil || depth(l.root, w.path) >= l.cfg.depth {
		return
	}
	n := l.find(w.path)
	if w.deep {
		l.breed(w.path, slices.Collect(maps.Keys(n.kids)), true)
	}
	if found.Err != nil {
		return
	}
	n.pzxid = found.Stat.Pzxid
	fresh := was == nil || was.Err != nil || isAnother(was, found)
	switch {
	case l.old && (fresh || w.deep), found.Stat.NumChildren > 0 && (fresh || w.deep && n.listed != n.pzxid):
		l.want(key{w.path, true}, w.deep)
	}
}

// listed handles a list of children. It looks for new children only: each deletion has an event of its own.
func (l *loop) listed(w *work, ch zkasync.Children, err error) {
	switch {
	case err == nil:
		delete(l.resting, w.key)
		l.meet(w, ch)
	case fateOf(err) == absent:
	case fateOf(err) != hidden:
		l.unanswered(w, err)
		return
	case isTooLarge(err): // without the list, the cache cannot be complete
		l.fail(err)
	default: // usually its data cannot be read either
		l.want(key{path: w.path}, false)
		l.rest(w.key)
	}
	l.answered(w)
}

// meet queues reads of those children that are not known yet.
func (l *loop) meet(w *work, ch zkasync.Children) {
	n := l.find(w.path)
	if n == nil || n.entry == nil {
		return // gone meanwhile
	}
	n.listed, n.pzxid = ch.Stat.Pzxid, ch.Stat.Pzxid
	l.breed(w.path, slices.DeleteFunc(ch.Names, func(name string) bool {
		kid := n.kids[name]
		return kid != nil && kid.entry != nil || !l.keepsOne(core.Join(w.path, name))
	}), w.deep)
}

// answered ends a read, or queues it again if something has happened since it was sent.
func (l *loop) answered(w *work) {
	deep := w.deep
	w.deep, w.deepAgain, w.confirmed = w.deepAgain, false, false
	if w.again || len(w.slots) > 0 {
		w.again = false
		l.queue(w)
	} else {
		delete(l.works, w.key)
	}
	if deep {
		l.closeGap()
	}
}

// unanswered queues a read again that no server has answered, or ends the cache.
func (l *loop) unanswered(w *work, err error) {
	fate := fateOf(err)
	if fate == fatal {
		l.fail(err)
		return
	}
	if w.deepAgain && w.deep {
		l.gap.open--
	}
	w.deep, w.deepAgain, w.again, w.confirmed = w.deep || w.deepAgain, false, false, false
	if fate == throttled {
		w.flying = false
		l.park(w)
		return
	}
	l.queue(w)
}

// forget drops the pauses and watches of path and of the znodes below it, which are gone. The watch on the data of path stays:
// the read that has found it gone may have set a new one.
func (l *loop) forget(path string, changes []change) {
	for _, ch := range changes {
		for _, k := range []key{{ch.path, false}, {ch.path, true}} {
			delete(l.resting, k)
			if ch.path != path {
				l.unwatch(k)
			}
		}
	}
	delete(l.resting, key{path: path})
	l.unwatch(key{path, true})
}

// unwatch gives up the one-shot watch that was set by a read of k.
func (l *loop) unwatch(k key) {
	if event := l.watches[k]; event != nil {
		delete(l.watches, k)
		l.client.Unwatch(event)
	}
}
