package recipe

import (
	"context"
	"slices"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// The steps of a roster: the list is read with a watch, and so is each member; what fires is read again.

// follow is a read that is repeated across lost connections and sessions.
func follow[T any](r *Roster, op func(context.Context) *future.Future[T], step func(T, error)) {
	then(zkasync.Retry(r.ctx, r.c, core.Patient, op), step)
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

// refused ends r if there is nothing more to be had. Where there was a list before, there may be one again.
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
		then(pause(r.ctx, r.c, keepPause), func(future.Void, error) { r.readList() })
	}
}

// setNames takes over a list. Who is new is read, and who could not be read is asked again.
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

// dropMissingLocked forgets who is not in the list, and returns their watches, and whether anybody was known of.
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

func (r *Roster) dropLocked(name string, s *seen) (known bool) {
	delete(r.members, name)
	if !s.read {
		r.unread--
	}
	return s.read
}

// fired reads again what a watch was about, unless all is over.
func (r *Roster) fired(err error, again func()) {
	switch {
	case over(err):
		r.end(err)
	case r.Err() == nil:
		again()
	}
}

// read reads a member. What an earlier read of it finds does not count from here on.
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

// got takes over what was read of a member.
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
	case core.IsNoNode(err): // the list's watch tells of it
		news = r.dropLocked(name, s)
	default:
		news = r.updateLocked(s, Member{Name: name, Err: err})
	}
	var spent *future.Future[zkasync.Event]
	if core.IsNoNode(err) && r.list != nil && !r.list.Ready() { // it tells of that first, unless it may not, and then of nothing more (ZOOKEEPER-4799)
		spent = r.list
	}
	publish := r.publishLocked(news)
	r.mu.Unlock()
	switch {
	case spent != nil:
		r.c.Unwatch(spent) // which leads to a read
	case err == nil:
		then(w.Event, func(_ zkasync.Event, err error) { r.fired(err, again) })
	case !core.IsNoNode(err):
		then(pause(r.ctx, r.c, keepPause), func(future.Void, error) { again() })
	}
	publish()
}

// readIf reads a member again if nobody has since.
func (r *Roster) readIf(name string, s *seen, turn int) {
	r.mu.Lock()
	due := s.turn == turn
	r.mu.Unlock()
	if due {
		r.read(name, s)
	}
}

// updateLocked reports whether m says anything new.
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

// publishLocked returns what tells of the changes, which is to be called without the lock.
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
