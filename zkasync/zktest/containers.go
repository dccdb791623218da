package zktest

import (
	"time"

	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
)

// neverUsed is how long a container may wait for its first child (znode.container.maxNeverUsedIntervalMs), where there is
// such a limit.
const neverUsed = 5 * time.Minute

// planCleaning sees to it that the leader looks for such znodes, if it has any. It does so at whole multiples of
// the interval from the start, as a server does whose timer runs all the time.
func (w *world) planCleaning() {
	if w.cleaning || w.leader == nil || w.leader.tree.expirables.len() == 0 {
		return
	}
	w.cleaning = true
	rounds := w.now.Sub(w.start)/w.cfg.cleanEvery + 1
	w.at(w.start.Add(rounds*w.cfg.cleanEvery), func() {
		w.cleaning = false
		w.clean()
		w.planCleaning()
	})
}

// clean deletes the containers that have been used and are empty, and the znodes whose time is up (ContainerManager).
// Each deletion takes a zxid.
func (w *world) clean() {
	if w.leader == nil {
		return
	}
	for _, path := range w.leader.tree.expirables.clone().list {
		if n := w.leader.tree.find(path); n == nil || !w.expired(n) {
			continue
		}
		t := w.newTxn(0)
		p := plan{w: w, tree: w.leader.tree}
		p.operation(&operation{op: wire.OpDeleteContainer, path: text{s: path}}, t)
		w.commit(t)
	}
}

func (w *world) expired(n *node) bool {
	if n.children() > 0 {
		return false
	}
	age := func(since int64) time.Duration { return time.Duration(w.now.UnixMilli()-since) * time.Millisecond }
	switch {
	case n.owner != containerOwner:
		return age(n.mtime) > ttlOf(n.owner) // setting its data renews it
	case n.cversion == 0:
		return w.cfg.behaviour.unusedEnd && age(n.mtime) > neverUsed
	default:
		return true
	}
}
