package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/screen"
	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/znode"
	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// follower watches one znode. It reads the data and the children with a watch on each, waits until a watch fires, and then
// reads again what that watch was for.
type follower struct {
	a     *app
	c     *zkasync.Client
	path  string
	limit int // how many changes to report; 0: any number
	style screen.Style

	seen     int
	started  bool
	there    bool
	stat     zk.Stat
	children []string
	listed   bool                          // the children have been read before, so that a new one is a change
	data     *future.Future[zkasync.Event] // the watch on the data; nil: not set, as for the next two
	kids     *future.Future[zkasync.Event] // the watch on the children
	birth    *future.Future[zkasync.Event] // the watch on the creation of a missing znode
}

func (f *follower) follow(ctx context.Context) error {
	states := f.c.States(ctx)
	if err := f.first(ctx); err != nil {
		return err
	}
	for {
		if f.limit > 0 && f.seen >= f.limit {
			return nil
		}
		if err := f.wait(ctx, states); err != nil {
			return err
		}
		if err := f.read(ctx); err != nil {
			return err
		}
	}
}

// first reads for the first time. It gives up when no answer comes in time; later outages are only reported, and waited out.
func (f *follower) first(ctx context.Context) error {
	waiting, stop := f.a.patient(ctx)
	defer stop()
	return f.read(waiting)
}

// read reads the parts, data and children, that have no watch set, and reports what is new. If the znode does not exist,
// read sets a watch for its creation.
func (f *follower) read(ctx context.Context) error {
	for {
		err := f.readNode(ctx)
		if !errors.Is(err, zk.ErrNoNode) {
			if again(ctx, err) {
				continue
			}
			return err
		}
		if err := f.absent(); err != nil {
			return err
		}
		w, err := f.c.ExistsW(ctx, f.path).Get(ctx)
		switch {
		case err != nil && !again(ctx, err):
			return err
		case err == nil && w.Value == nil:
			f.birth = w.Event
			return nil
		}
	}
}

// again reports whether a read that failed should be repeated. The repeated read then waits for the connection.
func again(ctx context.Context, err error) bool {
	lost := errors.Is(err, zkasync.ErrConnectionLoss) || errors.Is(err, zkasync.ErrSessionExpired)
	return lost && !errors.Is(err, zkasync.ErrClosed) && ctx.Err() == nil
}

func (f *follower) readNode(ctx context.Context) error {
	var node *future.Future[zkasync.Watched[zkasync.Node]]
	var kids *future.Future[zkasync.Watched[zkasync.Children]]
	if f.data == nil {
		node = f.c.GetW(ctx, f.path)
	}
	if f.kids == nil {
		kids = f.c.ChildrenW(ctx, f.path)
	}
	if node != nil {
		n, err := node.Get(ctx)
		if err != nil {
			return err
		}
		f.data = n.Event
		if err := f.sawData(n.Value); err != nil {
			return err
		}
	}
	if kids == nil {
		return nil
	}
	k, err := kids.Get(ctx)
	if err != nil {
		return err
	}
	f.kids = k.Event
	return f.sawChildren(k.Value.Names)
}

// wait returns when something has to be read again. It forgets the watch that has fired, or has ended with its session: in
// both cases the next read sets it again.
func (f *follower) wait(ctx context.Context, states <-chan zkasync.StateChange) error {
	for {
		select {
		case <-done(f.data):
			f.data = nil
		case <-done(f.kids):
			f.kids = nil
		case <-done(f.birth):
			f.birth = nil
		case s, open := <-states:
			if !open {
				states = nil // the client ends with ctx
				continue
			}
			if err := f.stateChanged(s); err != nil {
				return err
			}
			continue
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		return nil
	}
}

// stateChanged reports a change of the connection's state. It returns an error if nothing more can be reported after it.
func (f *follower) stateChanged(s zkasync.StateChange) error {
	if err := f.report(change{Change: changeState, Path: f.path, State: s.State.String(), text: s.State.String()}); err != nil {
		return err
	}
	if s.State == zkasync.StateAuthFailed || s.State == zkasync.StateClosed {
		return fmt.Errorf("watch %s: the connection is %v: %w", f.path, s.State, s.Err)
	}
	return nil
}

// done returns the channel of a watch, or nil, on which nothing is ever received, if there is no watch.
func done(watch *future.Future[zkasync.Event]) <-chan struct{} {
	if watch == nil {
		return nil
	}
	return watch.Done()
}

// absent records that the znode does not exist, and reports it if that is new.
func (f *follower) absent() error {
	f.data, f.kids = nil, nil
	kind := changeAbsent
	switch {
	case f.started && !f.there:
		return nil
	case f.started:
		kind = changeDeleted
	}
	f.started, f.there, f.listed, f.children = true, false, true, nil
	return f.report(change{Change: kind, Path: f.path, text: screen.Name(f.path)})
}

// sawData records the data that were read, and reports them if they are new.
func (f *follower) sawData(n zkasync.Node) error {
	ch := change{Path: f.path, Version: &n.Stat.Version, Data: newDataJSON(n.Data)}
	what := fmt.Sprintf("version %d, %s: %s", n.Stat.Version, screen.Bytes(int64(len(n.Data))), screen.Preview(n.Data, previewLength))
	before, wasThere, wasStarted := f.stat, f.there, f.started
	f.stat, f.there, f.started = n.Stat, true, true
	switch {
	case !wasStarted:
		ch.Change = changeThere
	case !wasThere:
		ch.Change = changeCreated
	case before.Czxid != n.Stat.Czxid:
		ch.Change, what = changeCreated, "again, after a deletion; "+what
		f.children = nil
	case before.Mzxid == n.Stat.Mzxid:
		return nil
	default:
		ch.Change = changeData
		if n := n.Stat.Version - before.Version; n > 1 {
			what += fmt.Sprintf(" (%d changes)", n)
		}
	}
	ch.text = what
	return f.report(ch)
}

// sawChildren records the names of the children, and reports those that were added or removed.
func (f *follower) sawChildren(names []string) error {
	slices.Sort(names)
	before := f.children
	f.children = names
	count := len(names)
	if !f.listed {
		f.listed = true
		return f.report(change{Change: changeThere, Path: f.path, Children: &count, text: namesText(names)})
	}
	for _, list := range []struct {
		change      string
		these, less []string
	}{{changeAdded, names, before}, {changeRemoved, before, names}} {
		for _, name := range list.these {
			if _, both := slices.BinarySearch(list.less, name); both {
				continue
			}
			if err := f.report(change{Change: list.change, Path: znode.Join(f.path, name), Children: &count, text: screen.Name(name)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// namesShown is how many children the first report names.
const namesShown = 8

func namesText(names []string) string {
	text := screen.Plural(int64(len(names)), "child", "children")
	for i, name := range names {
		switch {
		case i == 0:
			text += ": "
		case i == namesShown:
			return text + ", …"
		default:
			text += ", "
		}
		text += screen.Name(name)
	}
	return text
}
