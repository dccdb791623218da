package main

import (
	"context"
	"errors"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/screen"
	"github.com/zkasync/zkasync-go/zkasync"
)

// eventChanges are the kinds of change that the watch command reports for events.
var eventChanges = map[zk.EventType]string{
	zk.EventNodeCreated:     changeCreated,
	zk.EventNodeDataChanged: changeData,
	zk.EventNodeDeleted:     changeDeleted,
}

// followTree follows the znode and everything below it, with one persistent recursive watch.
func (f *follower) followTree(ctx context.Context) error {
	waiting, stop := f.a.patient(ctx)
	sub, err := f.c.AddWatch(ctx, f.path, zkasync.PersistentRecursive).Get(waiting)
	stop()
	if err != nil {
		return err
	}
	defer sub.Close()
	if err := f.report(change{Change: changeWatched, Path: f.path, text: screen.Name(f.path) + " and everything below it"}); err != nil {
		return err
	}
	states := f.c.States(ctx)
	for f.limit == 0 || f.seen < f.limit {
		select {
		case e, open := <-sub.C():
			if !open {
				return errors.Join(sub.Err(), ctx.Err())
			}
			if err := f.event(e); err != nil {
				return err
			}
		case s, open := <-states:
			if !open {
				states = nil // the client ends with ctx
				continue
			}
			if err := f.stateChanged(s); err != nil {
				return err
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// event reports one event of the tree.
func (f *follower) event(e zkasync.Event) error {
	ch := change{Change: eventChanges[e.Type], Path: e.Path, text: screen.Name(e.Path)}
	if ch.Change == "" {
		ch.Change = e.Type.String()
	}
	if e.Resync {
		ch.Change = changeMissed
		ch.text = "some changes may not have been reported"
		if e.Err != nil {
			ch.text += ": " + ownPrefixes.Replace(e.Err.Error())
		}
	}
	return f.report(ch)
}
