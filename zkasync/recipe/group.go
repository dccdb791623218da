package recipe

import (
	"context"
	"iter"
	"slices"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// Group is a group of members with their data: the children of a path (Curator: GroupMember; kazoo: Party, whose members
// are visible, although their names have a form of their own). It is safe for concurrent use.
type Group struct {
	c    *zkasync.Client
	path string
	opts []Option
}

// Member is a member of a group.
type Member struct {
	Name string
	Data []byte
	Stat zk.Stat
	Err  error // why a [Roster] may not read it; Data and Stat are zero then
}

// NewGroup returns the group of the children of path. Nothing is sent.
func NewGroup(c *zkasync.Client, path string, opts ...Option) *Group {
	return &Group{c: c, path: path, opts: opts}
}

// Join adds a member with the given name and keeps it in the group until [Node.Close].
func (g *Group) Join(name string, data []byte) *Node {
	return KeepNode(g.c, core.Join(g.path, name), data, g.opts...)
}

// Members returns the members, by name. A member that leaves while they are read is left out.
func (g *Group) Members(ctx context.Context) *future.Future[[]Member] {
	if err := newConfig(g.opts).err; err != nil {
		return failed[[]Member](g.c, "members", g.path, err)
	}
	return future.Transform(g.c.Children(ctx, g.path), func(list zkasync.Children, err error) *future.Future[[]Member] {
		switch {
		case core.IsNoNode(err):
			return future.Resolved[[]Member](nil)
		case err != nil:
			return future.Failed[[]Member](err)
		}
		names := list.Names
		slices.Sort(names)
		reads := make([]*future.Future[zkasync.Node], len(names))
		for i, name := range names {
			reads[i] = g.c.Get(ctx, core.Join(g.path, name))
		}
		return future.Then(future.Settle(reads...), func(rs []future.Result[zkasync.Node]) (all []Member, err error) {
			for i, r := range rs {
				switch {
				case core.IsNoNode(r.Err):
				case r.Err != nil:
					return nil, r.Err
				default:
					all = append(all, Member{Name: names[i], Data: r.Value.Data, Stat: r.Value.Stat})
				}
			}
			return all, nil
		})
	})
}

// Watch ranges over the members, by name: it yields them at first, and again after each change of the members or their
// data. Changes in quick succession are merged. It continues across lost connections and sessions; the last pair carries
// the reason for the end, for example that of ctx, or of a list or a member that may not be read. Only what has changed
// is read again. A [Roster] offers the same in more forms.
func (g *Group) Watch(ctx context.Context) iter.Seq2[[]Member, error] {
	return func(yield func([]Member, error) bool) {
		r := g.Roster(ctx)
		defer r.Close()
		for members, err := range r.All(context.Background()) { // it ends with ctx
			if err != nil {
				yield(nil, err)
				return
			}
			if err := r.Stale(); err != nil {
				yield(nil, err)
				return
			}
			if i := slices.IndexFunc(members, func(m Member) bool { return m.Err != nil }); i >= 0 {
				yield(nil, &Error{Op: "watch group", Path: g.path, Err: members[i].Err})
				return
			}
			if !yield(members, nil) {
				return
			}
		}
	}
}
