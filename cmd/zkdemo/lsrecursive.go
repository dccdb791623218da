package main

import (
	"bufio"
	"context"
	"errors"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
)

// walkedJSON is the JSON for a znode of ls -R.
type walkedJSON struct {
	Path   string    `json:"path"`
	Stat   *statJSON `json:"stat,omitempty"`
	Hidden bool      `json:"unreadable,omitempty"` // the server does not let us read it, or list its children
}

// lsRecursive lists path and everything below it. It prints while it reads, so a tree of any size takes little memory.
func (a *app) lsRecursive(ctx context.Context, c *zkasync.Client, path string, long bool) error {
	w := bufio.NewWriter(a.out)
	waiting, timer, late, stop := a.awaiting(ctx)
	defer stop()
	for entry, err := range c.Walk(waiting, path, zkasync.StatsOnly()) {
		timer.Stop() // printing may take its time
		hidden := errors.Is(err, zk.ErrNoAuth) && entry.Path != path
		if err != nil && !hidden {
			return errors.Join(w.Flush(), late(err))
		}
		found := walkedJSON{Path: entry.Path, Hidden: hidden}
		if long && !(hidden && entry.Stat == zk.Stat{}) {
			found.Stat = newStatJSON(entry.Stat)
		}
		if a.flags.json {
			err = printJSONLine(w, found)
		} else {
			err = printChild(w, childJSON{Name: found.Path, Stat: found.Stat, Hidden: hidden})
		}
		if err != nil {
			return err
		}
		timer.Reset(a.flags.timeout)
	}
	return w.Flush()
}
