package zkasync_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

const (
	guardWrites = 5 // of each holder
	guardPause  = 10 * time.Millisecond
	sequenceLen = 10
	// lockOverlap is for how long two clients may believe, by their clocks, that they hold the lock. The server counts from when it
	// has heard of the client, and the client from when it has heard of the server; with the faults here, the two may differ by
	// this much.
	lockOverlap = time.Second
)

// lockLedger records who holds the lock: by the clock, as the clients believe, and by the order of writes that only a holder can
// make.
type lockLedger struct {
	x *chaos

	mu       sync.Mutex
	holders  map[*chaosClient]*lockHold
	ended    int // holds that ended by a release
	lost     int // holds that ended by the session
	overlaps []lockOverlapping
	writes   []guardWrite
}

// lockHold is a time for which a client believes that it holds the lock, until it releases it or loses its session.
type lockHold struct {
	token int64 // the zxid at which the lock's znode was created
	since time.Time
	path  string
}

type lockOverlapping struct {
	first, second string
	began         time.Time
	lasted        time.Duration
	open          *lockHold // the present hold, while it lasts
}

// guardWrite is an acknowledged write of a holder.
type guardWrite struct {
	zxid, token int64
	version     int32
	by          string
}

func (l *lockLedger) acquire(cc *chaosClient, h *lockHold) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for other, held := range l.holders {
		if other != cc {
			l.overlaps = append(l.overlaps, lockOverlapping{first: other.name, second: cc.name, began: time.Now(), open: held})
		}
	}
	if l.holders == nil {
		l.holders = make(map[*chaosClient]*lockHold)
	}
	l.holders[cc] = h
}

// leave ends a client's hold, unless something else has ended it.
func (l *lockLedger) leave(cc *chaosClient, ended *int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	held := l.holders[cc]
	if held == nil {
		return
	}
	*ended++
	delete(l.holders, cc)
	for i := range l.overlaps {
		if o := &l.overlaps[i]; o.open == held {
			o.open, o.lasted = nil, time.Since(o.began)
		}
	}
}

func (l *lockLedger) holds(cc *chaosClient) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.holders[cc] != nil
}

// stateChanged tells a holder that it must stop when its session is lost.
func (l *lockLedger) stateChanged(cc *chaosClient, change zkasync.StateChange) {
	if change.State == zkasync.StateLost {
		l.leave(cc, &l.lost)
	}
}

func (l *lockLedger) wrote(cc *chaosClient, token int64, stat zk.Stat) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writes = append(l.writes, guardWrite{zxid: stat.Mzxid, token: token, version: stat.Version, by: cc.name})
}

// check compares the order of the holders' writes with the order of their locks.
func (l *lockLedger) check() {
	t := l.x.t
	slices.SortFunc(l.writes, func(a, b guardWrite) int { return cmp.Compare(a.zxid, b.zxid) })
	for i := 1; i < len(l.writes); i++ {
		if a, b := l.writes[i-1], l.writes[i]; b.token < a.token || b.version <= a.version {
			l.x.complain("two held the lock at once: the writes were, in order,\n%s", l.tail(i))
		}
	}
	longest := time.Duration(0)
	for _, o := range l.overlaps {
		longest = max(longest, o.lasted)
		if o.lasted > lockOverlap || o.open != nil {
			l.x.complain("%s went on for %v believing that it held the lock after %s had acquired it, at %v",
				o.first, o.lasted, o.second, o.began.Sub(l.x.begun))
		}
	}
	if l.ended == 0 {
		t.Error("nobody ever held the lock")
	}
	t.Logf("lock: %d released, %d lost, %d writes; two believed that they held it %d times, for at most %v",
		l.ended, l.lost, len(l.writes), len(l.overlaps), longest)
}

func (l *lockLedger) tail(i int) string {
	const around = 5
	var b strings.Builder
	for _, w := range l.writes[max(0, i-around):min(len(l.writes), i+around)] {
		fmt.Fprintf(&b, "    zxid %#x: version %d by %s with token %#x\n", w.zxid, w.version, w.by, w.token)
	}
	return b.String()
}

// contend acquires the lock again and again: an ephemeral sequential znode, the lowest of which holds.
func (cc *chaosClient) contend() {
	for !cc.over() {
		made, err := settled(cc, cc.c.Create(context.Background(), lockPath+"/n-", nil,
			zkasync.Ephemeral(), zkasync.Sequential(), zkasync.Protected()))
		if isOver(err) {
			return
		}
		if err != nil {
			continue // the session has ended, and the znode with it
		}
		session := cc.c.Session().ID
		if cc.awaitLock(path.Base(made.Path)) && made.Stat.EphemeralOwner == session && cc.c.Connected() {
			cc.guard(made)
		}
		cc.deleteLock(made.Path)
	}
}

// awaitLock waits until the znode is the lowest. It returns false if the znode is gone or the run is over.
func (cc *chaosClient) awaitLock(mine string) bool {
	for {
		list, err := settled(cc, submit(cc, func() *future.Future[zkasync.Children] { return cc.c.Children(cc.x.ctx, lockPath) }))
		if isOver(err) {
			return false
		}
		if err != nil {
			continue
		}
		names := list.Names
		slices.SortFunc(names, func(a, b string) int { return cmp.Compare(lockNumber(a), lockNumber(b)) })
		i := slices.Index(names, mine)
		if i <= 0 {
			return i == 0
		}
		before, err := settled(cc, submit(cc, func() *future.Future[zkasync.Watched[*zk.Stat]] {
			return cc.c.ExistsW(cc.x.ctx, lockPath+"/"+names[i-1])
		}))
		if err == nil && before.Value != nil {
			_, err = settled(cc, before.Event)
		}
		if isOver(err) {
			return false
		}
	}
}

func lockNumber(name string) string { return name[max(0, len(name)-sequenceLen):] }

// guard makes a write that only the holder may make. The check in the transaction ensures that, even if the client has a new
// session by the time the request is sent.
func (cc *chaosClient) guard(made zkasync.Created) {
	l := cc.x.lock
	l.acquire(cc, &lockHold{token: made.Stat.Czxid, since: time.Now(), path: made.Path})
	for i := 0; i < guardWrites && l.holds(cc); i++ {
		results, err := settled(cc, submit(cc, func() *future.Future[[]zkasync.MultiResult] {
			return cc.c.Multi(context.Background(), zkasync.CheckOp(made.Path, 0), zkasync.SetOp(guardPath, nil, zkasync.AnyVersion))
		}))
		if err == nil {
			l.wrote(cc, made.Stat.Czxid, results[1].Stat)
		}
		cc.rest(guardPause)
	}
	l.leave(cc, &l.ended)
}

func (cc *chaosClient) deleteLock(path string) {
	for {
		_, err := settled(cc, submit(cc, func() *future.Future[future.Void] {
			return cc.c.Delete(context.Background(), path, zkasync.AnyVersion)
		}))
		if err == nil || isOver(err) || errors.Is(err, zk.ErrNoNode) {
			return
		}
	}
}
