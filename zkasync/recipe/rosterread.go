package recipe

import (
	"context"
	"slices"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// A roster reads the list of members with a watch, and each member with one as well. When a watch fires, it reads that again.

// follow makes a read, repeats it across lost connections and sessions, and passes its outcome to step.
func follow[T any](r *Roster, op func(context.Context) *future.Future[T], step func(T, error)) {
	then(core.Retry(r.ctx, r.c, op), step)
}

func (r *Roster) readList() {
	follow(r, func(ctx context.Context) *future.Future[zkasync.Watched[zkasync.Children]] {
		return r.c.ChildrenW(ctx, r.path)
	},
		func(w zkasync.Watched[zkasync.Children], err error) {
			switch {
			case err == nil:
				r.setNames(w.Value.Names, w.Event)
			case core.IsNoNode(err):
				r.awaitPath()
			default:
				r.refused(err)
			}
		})
}

// awaitPath waits for a path that does not exist, which is a group without members.
func (r *Roster) awaitPath() {
	follow(r, func(ctx context.Context) *future.Future[zkasync.Watched[*zk.Stat]] { return r.c.ExistsW(ctx, r.path) },
		func(w zkasync.Watched[*zk.Stat], err error) {
			switch {
			case err != nil:
				r.refused(err)
			case w.Value != nil:
				r.c.Unwatch(w.Event)
				r.readList()
			default:
				r.setNames(nil, w.Event)
			}
		})
}

// refused deals with a read of the list that has failed. If there was a list before, the roster keeps it, reports that it may be
// out of date, and reads again after a pause. Otherwise, or if everything is over, the roster ends.
func (r *Roster) refused(err error) {
	r.mu.Lock()
	listed := r.listed
	r.mu.Unlock()
	switch {
	case r.ctx.Err() != nil:
		r.end(context.Cause(r.ctx))
	case over(err) || !listed:
		r.end(err)
	default:
		r.mu.Lock()
		news := r.stale == nil
		r.stale = &Error{Op: "watch group", Path: r.path, Err: err}
		publish := r.publishLocked(news)
		r.mu.Unlock()
		publish()
		then(core.Pause(r.ctx, r.c, keepPause), func(future.Void, error) { r.readList() })
	}
}

// setNames takes over a list. It reads members that are new, and those that could not be read before.
func (r *Roster) setNames(names []string, event *future.Future[zkasync.Event]) {
	slices.Sort(names)
	r.mu.Lock()
	if r.err != nil {
		r.mu.Unlock()
		r.c.Unwatch(event)
		return
	}
	r.list = event
	if !r.listed {
		r.listed = true
		r.unread--
	}
	gone, news := r.dropMissingLocked(names)
	news = news || r.stale != nil
	r.stale = nil
	var reads []func()
	for _, name := range names {
		s := r.members[name]
		if s == nil {
			s = &seen{}
			r.members[name] = s
			r.unread++
		}
		if !s.read || s.member.Err != nil {
			reads = append(reads, func() { r.read(name, s) })
		}
	}
	publish := r.publishLocked(news)
	r.mu.Unlock()
	for _, event := range gone {
		r.c.Unwatch(event)
	}
	then(event, func(_ zkasync.Event, err error) { r.fired(err, r.readList) })
	for _, read := range reads {
		read()
	}
	publish()
}

// dropMissingLocked forgets members that are not in the list. It returns their watches, and whether any of them had been read.
func (r *Roster) dropMissingLocked(names []string) (watches []*future.Future[zkasync.Event], known bool) {
	for name, s := range r.members {
		if _, there := slices.BinarySearch(names, name); there {
			continue
		}
		known = r.dropLocked(name, s) || known
		if s.event != nil {
			watches = append(watches, s.event)
		}
	}
	return watches, known
}

// dropLocked forgets a member, and reports whether it had been read.
func (r *Roster) dropLocked(name string, s *seen) (known bool) {
	delete(r.members, name)
	if !s.read {
		r.unread--
	}
	return s.read
}

// fired is called when a watch has completed. It reads again what the watch was for, unless the roster has to end.
func (r *Roster) fired(err error, again func()) {
	switch {
	case over(err):
		r.end(err)
	case r.Err() == nil:
		again()
	}
}

// read reads a member. From then on, the outcome of an earlier read of the same member is ignored.
func (r *Roster) read(name string, s *seen) {
	r.mu.Lock()
	if r.err != nil || r.members[name] != s {
		r.mu.Unlock()
		return
	}
	s.turn++
	turn := s.turn
	s.event = nil
	r.mu.Unlock()
	follow(r, func(ctx context.Context) *future.Future[zkasync.Watched[zkasync.Node]] {
		return r.c.GetW(ctx, core.Join(r.path, name))
	},
		func(w zkasync.Watched[zkasync.Node], err error) {
			if err != nil && (over(err) || r.ctx.Err() != nil) {
				r.refused(err)
				return
			}
			r.got(name, s, turn, w, err)
		})
}

// got handles the outcome of reading a member.
func (r *Roster) got(name string, s *seen, turn int, w zkasync.Watched[zkasync.Node], err error) {
	again := func() { r.readIf(name, s, turn) }
	r.mu.Lock()
	if r.err != nil || r.members[name] != s || s.turn != turn {
		r.mu.Unlock()
		if err == nil {
			r.c.Unwatch(w.Event)
		}
		return
	}
	var news bool
	switch {
	case err == nil:
		s.event = w.Event
		news = r.updateLocked(s, Member{Name: name, Data: w.Value.Data, Stat: w.Value.Stat})
	case core.IsNoNode(err): // the watch on the list reports the deletion
		news = r.dropLocked(name, s)
	default:
		news = r.updateLocked(s, Member{Name: name, Err: err})
	}
	var spent *future.Future[zkasync.Event]
	// The watch on the list should have reported the deletion before. If it has not, the client may not read the list any more,
	// and the server has dropped the watch without a word (ZOOKEEPER-4799).
	if core.IsNoNode(err) && r.list != nil && !r.list.Ready() {
		spent = r.list
	}
	publish := r.publishLocked(news)
	r.mu.Unlock()
	switch {
	case spent != nil:
		r.c.Unwatch(spent) // its end makes the roster read the list again
	case err == nil:
		then(w.Event, func(_ zkasync.Event, err error) { r.fired(err, again) })
	case !core.IsNoNode(err):
		then(core.Pause(r.ctx, r.c, keepPause), func(future.Void, error) { again() })
	}
	publish()
}

// readIf reads a member again, unless a later read has begun.
func (r *Roster) readIf(name string, s *seen, turn int) {
	r.mu.Lock()
	due := s.turn == turn
	r.mu.Unlock()
	if due {
		r.read(name, s)
	}
}

// updateLocked takes over what was read of a member, and reports whether it is new.
func (r *Roster) updateLocked(s *seen, m Member) bool {
	was := s.member
	fresh := !s.read
	s.member, s.read = m, true
	if fresh {
		r.unread--
		return true
	}
	if m.Err != nil || was.Err != nil {
		return m.Err == nil || was.Err == nil || m.Err.Error() != was.Err.Error()
	}
	return m.Stat.Czxid != was.Stat.Czxid || m.Stat.Mzxid != was.Stat.Mzxid
}

// publishLocked prepares to tell readers of a change, if news says that there is one and all members have been read. The caller
// must call what it returns, without the lock.
func (r *Roster) publishLocked(news bool) (tell func()) {
	first := !r.known && r.unread == 0
	r.known = r.known || first
	if !first && (!news || !r.known) {
		return func() {}
	}
	r.latest = nil
	r.revision++
	changed := r.changed
	r.changed, r.told = future.NewPromise[future.Void](nil), nil
	return func() {
		changed.Resolve(future.Void{})
		r.show()
	}
}
