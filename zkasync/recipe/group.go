package recipe

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// Group is who is there, each with its data: the children of a path (Curator: GroupMember, kazoo: Party, whose members are seen, but
// have names of their own). It is safe for concurrent use.
type Group struct {
	c    *zkasync.Client
	path string
	opts []Option
}

// Member is one of a group.
type Member struct {
	Name string
	Data []byte
	Stat zk.Stat
}

// NewGroup returns the group of the children of path. Nothing is sent.
func NewGroup(c *zkasync.Client, path string, opts ...Option) *Group {
	return &Group{c: c, path: path, opts: opts}
}

// Join makes a member of that name and keeps it there, until [Node.Close].
func (g *Group) Join(name string, data []byte) *Node {
	return KeepNode(g.c, join(g.path, name), data, g.opts...)
}

// Members returns who is there, by name. Whoever leaves while they are read is left out.
func (g *Group) Members(ctx context.Context) *future.Future[[]Member] {
	list := future.Settle(g.c.Children(ctx, g.path))
	return future.FlatMap(list, func(rs []future.Result[zkasync.Children]) *future.Future[[]Member] {
		switch err := rs[0].Err; {
		case isNoNode(err):
			return future.Resolved[[]Member](nil)
		case err != nil:
			return future.Failed[[]Member](err)
		}
		names := rs[0].Value.Names
		slices.Sort(names)
		reads := make([]*future.Future[zkasync.Node], len(names))
		for i, name := range names {
			reads[i] = g.c.Get(ctx, join(g.path, name))
		}
		return future.Then(future.Settle(reads...), func(rs []future.Result[zkasync.Node]) (all []Member, err error) {
			for i, r := range rs {
				switch {
				case isNoNode(r.Err):
				case r.Err != nil:
					return nil, r.Err
				default:
					all = append(all, Member{names[i], r.Value.Data, r.Value.Stat})
				}
			}
			return all, nil
		})
	})
}

// Watch tells who is there, by name: at first, and again after each change of who it is or of what one holds. Changes in quick
// succession are told as one. It goes on across lost connections and sessions; its last pair has the reason of the end, that
// of ctx for instance. Only what has changed is read again.
func (g *Group) Watch(ctx context.Context) iter.Seq2[[]Member, error] {
	ctx = orBackground(ctx)
	return func(yield func([]Member, error) bool) {
		w := &groupWatch{g: g, wake: make(chan struct{}, 1), members: make(map[string]*seen)}
		defer w.end()
		var last []Member
		for first := true; ; first = false {
			all, err := w.look(ctx)
			if ctx.Err() != nil {
				err = context.Cause(ctx)
			}
			if err != nil {
				yield(nil, &Error{Op: "watch group", Path: g.path, Err: err})
				return
			}
			if (first || !same(all, last)) && !yield(all, nil) {
				return
			}
			last = all
			select {
			case <-w.wake:
			case <-ctx.Done():
			}
		}
	}
}

func same(a, b []Member) bool {
	return slices.EqualFunc(a, b, func(a, b Member) bool {
		return a.Name == b.Name && a.Stat.Czxid == b.Stat.Czxid && a.Stat.Mzxid == b.Stat.Mzxid
	})
}

// groupWatch is one call of Watch. It belongs to the goroutine that iterates.
type groupWatch struct {
	g       *Group
	wake    chan struct{} // something has changed
	list    *future.Future[zk.Event]
	names   []string
	members map[string]*seen
}

// seen is what was read of a member, and its watch.
type seen struct {
	member Member
	event  *future.Future[zk.Event]
}

// rouse has the iteration look again when a watch ends. What it looks at is its own business.
func (w *groupWatch) rouse(event *future.Future[zk.Event]) {
	then(event, func(zk.Event, error) {
		select {
		case w.wake <- struct{}{}:
		default:
		}
	})
}

// look reads the list and the members whose watches have fired.
func (w *groupWatch) look(ctx context.Context) ([]Member, error) {
	if w.list == nil || w.list.Ready() {
		if err := w.readList(ctx); err != nil {
			return nil, err
		}
	}
	reads := make(map[string]*future.Future[zkasync.Watched[zkasync.Node]])
	for _, name := range w.names {
		if s := w.members[name]; s == nil || s.event.Ready() {
			reads[name] = zkasync.Retry(ctx, w.g.c, patient, func(ctx context.Context) *future.Future[zkasync.Watched[zkasync.Node]] {
				return w.g.c.GetW(ctx, join(w.g.path, name))
			})
		}
	}
	for name, read := range reads {
		r, err := read.Get(ctx)
		switch {
		case isNoNode(err): // the list's watch tells of it
			delete(w.members, name)
		case err != nil:
			return nil, err
		default:
			w.members[name] = &seen{Member{name, r.Value.Data, r.Value.Stat}, r.Event}
			w.rouse(r.Event)
		}
	}
	return w.present(), nil
}

// present are the members, by name.
func (w *groupWatch) present() (all []Member) {
	for _, name := range slices.Sorted(maps.Keys(w.members)) {
		all = append(all, w.members[name].member)
	}
	return all
}

// readList reads the names, and forgets who is gone. A path that does not exist is a group without members.
func (w *groupWatch) readList(ctx context.Context) error {
	for {
		l, err := retried(ctx, w.g.c, func(ctx context.Context) *future.Future[zkasync.Watched[zkasync.Children]] {
			return w.g.c.ChildrenW(ctx, w.g.path)
		})
		if err == nil {
			w.listed(l.Value.Names, l.Event)
			return nil
		}
		if !errors.Is(err, zk.ErrNoNode) {
			return err
		}
		e, err := retried(ctx, w.g.c, func(ctx context.Context) *future.Future[zkasync.Watched[*zk.Stat]] {
			return w.g.c.ExistsW(ctx, w.g.path)
		})
		switch {
		case err != nil:
			return err
		case e.Value == nil:
			w.listed(nil, e.Event)
			return nil
		}
		w.g.c.Unwatch(e.Event)
	}
}

func (w *groupWatch) listed(names []string, event *future.Future[zk.Event]) {
	slices.Sort(names)
	w.names, w.list = names, event
	w.rouse(event)
	for name, s := range w.members {
		if _, there := slices.BinarySearch(names, name); !there {
			w.g.c.Unwatch(s.event)
			delete(w.members, name)
		}
	}
}

// end takes the watches back.
func (w *groupWatch) end() {
	if w.list != nil {
		w.g.c.Unwatch(w.list)
	}
	for _, s := range w.members {
		w.g.c.Unwatch(s.event)
	}
}
