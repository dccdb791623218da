package zkasync

import (
	"cmp"
	"slices"
	"sync"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/handler"
	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
)

// watchKind tells the server's tables of one-shot watches apart.
type watchKind uint8

const (
	watchData  watchKind = iota // on a znode's data
	watchExist                  // on a znode that does not exist
	watchChild                  // on a znode's list of children
	watchKinds
)

// firedBy lists which watches an event of each type ends.
var firedBy = map[zk.EventType][]watchKind{
	zk.EventNodeCreated:         {watchData, watchExist},
	zk.EventNodeDataChanged:     {watchData, watchExist},
	zk.EventNodeDeleted:         {watchData, watchExist, watchChild},
	zk.EventNodeChildrenChanged: {watchChild},
}

// watchTable holds the one-shot watches that have not fired, by client path. The zero value is empty and ready.
type watchTable struct {
	mu     sync.Mutex
	seq    uint64
	byKind [watchKinds]map[string][]*watch
}

// watch is one registration.
type watch struct {
	promise future.Promise[zk.Event]
	path    string
	seq     uint64
}

func (t *watchTable) add(c *Client, kind watchKind, path string) *future.Future[zk.Event] {
	w := &watch{path: path}
	w.promise.Init(c.lane(handler.Watch, path))
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seq++
	w.seq = t.seq
	if t.byKind[kind] == nil {
		t.byKind[kind] = make(map[string][]*watch)
	}
	t.byKind[kind][path] = append(t.byKind[kind][path], w)
	return w.promise.Future()
}

// fire ends the watches that e is for, in the order of their registration.
func (t *watchTable) fire(e zk.Event) {
	t.mu.Lock()
	var hit []*watch
	for _, kind := range firedBy[e.Type] {
		hit = append(hit, t.byKind[kind][e.Path]...)
		delete(t.byKind[kind], e.Path)
	}
	t.mu.Unlock()
	sortWatches(hit)
	for _, w := range hit {
		w.promise.Resolve(e)
	}
}

// failAll ends all watches, in the order of their registration.
func (t *watchTable) failAll(err error) {
	t.mu.Lock()
	var hit []*watch
	for kind, paths := range t.byKind {
		for _, ws := range paths {
			hit = append(hit, ws...)
		}
		t.byKind[kind] = nil
	}
	t.mu.Unlock()
	sortWatches(hit)
	for _, w := range hit {
		w.promise.Reject(&OpError{Op: "watch", Path: w.path, Err: err})
	}
}

func sortWatches(ws []*watch) {
	slices.SortFunc(ws, func(a, b *watch) int { return cmp.Compare(a.seq, b.seq) })
}

// setWatchesLimit bounds a request that restores watches: servers may be configured with a limit on requests far below
// the usual one, so the Java client keeps to this (ZOOKEEPER-706).
const setWatchesLimit = 128 << 10

// sets returns all watched paths, with the chroot, in portions for the server.
func (t *watchTable) sets(chroot string) []*wire.WatchSet {
	t.mu.Lock()
	defer t.mu.Unlock()
	var sets []*wire.WatchSet
	size := setWatchesLimit
	for kind, paths := range t.byKind {
		for path := range paths {
			full := fullPath(chroot, path)
			if size += 4 + len(full); size > setWatchesLimit {
				sets = append(sets, new(wire.WatchSet))
				size = 4 + len(full)
			}
			list := pathsOf(sets[len(sets)-1], watchKind(kind))
			*list = append(*list, full)
		}
	}
	return sets
}

func pathsOf(s *wire.WatchSet, kind watchKind) *[]string {
	switch kind {
	case watchData:
		return &s.Data
	case watchExist:
		return &s.Exist
	default:
		return &s.Child
	}
}
