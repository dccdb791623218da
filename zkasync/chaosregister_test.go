package zkasync_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// keepEvents is how many events the history of a register keeps.
const keepEvents = 20_000

// casRegister is a znode that all clients write by compare-and-set: each write has a unique number as data, and the version that
// was read before. So every version was written by exactly one write.
type casRegister struct {
	x    *chaos
	path string

	mu      sync.Mutex
	owner   map[int32]int64    // by version: the write that has made it, if known
	version map[int64]int32    // its inverse
	unknown map[int32][]int64  // by version: writes of unknown outcome that would have made it
	never   map[int64]string   // writes that were not applied, with the reason
	events  []regEvent         // the last ones
	viewers []*registerWatcher // one for each watching client
	next    int64
	final   int32
}

// regEvent is a line of a register's history.
type regEvent struct {
	at      time.Duration
	version int32 // the version that it is about
	text    string
}

func newCASRegister(x *chaos, path string) *casRegister {
	return &casRegister{
		x: x, path: path, owner: map[int32]int64{0: 0}, version: map[int64]int32{0: 0},
		unknown: make(map[int32][]int64), never: make(map[int64]string),
	}
}

func (r *casRegister) noteLocked(version int32, format string, args ...any) {
	if len(r.events) >= keepEvents {
		r.events = slices.Clone(r.events[keepEvents/2:])
	}
	r.events = append(r.events, regEvent{r.x.since(), version, fmt.Sprintf(format, args...)})
}

// tail returns the history around a version.
func (r *casRegister) tail(version int32) string {
	const around = 3
	r.mu.Lock()
	defer r.mu.Unlock()
	var b strings.Builder
	for _, e := range r.events {
		if e.version >= version-around && e.version <= version+around {
			fmt.Fprintf(&b, "    %v %s: %s\n", e.at, r.path, e.text)
		}
	}
	return b.String()
}

// made records which write has made a version, and complains if that contradicts what is known.
func (r *casRegister) made(who string, version int32, id int64) {
	r.mu.Lock()
	r.noteLocked(version, "%s: version %d is write %d", who, version, id)
	var complaint string
	if other, known := r.owner[version]; known && other != id {
		complaint = fmt.Sprintf("version %d is both write %d and write %d", version, other, id)
	}
	if other, known := r.version[id]; known && other != version {
		complaint = fmt.Sprintf("write %d was applied twice, as versions %d and %d", id, other, version)
	}
	if why, known := r.never[id]; known {
		complaint = fmt.Sprintf("write %d, which made version %d, was reported %s", id, version, why)
	}
	r.owner[version], r.version[id] = id, version
	r.mu.Unlock()
	if complaint != "" {
		r.x.complain("%s: %s\n%s", r.path, complaint, r.tail(version))
	}
}

func (r *casRegister) read(who string, node zkasync.Node) {
	id, err := strconv.ParseInt(string(node.Data), 10, 64)
	if err != nil {
		r.x.complain("%s: data %q", r.path, node.Data)
		return
	}
	r.made(who, node.Stat.Version, id)
}

// failed records a write that was not acknowledged.
func (r *casRegister) failed(who string, id int64, base int32, err error) {
	r.mu.Lock()
	r.noteLocked(base+1, "%s: write %d on version %d: %v", who, id, base, err)
	if errors.Is(err, zkasync.ErrOutcomeUnknown) {
		r.unknown[base+1] = append(r.unknown[base+1], id)
		r.mu.Unlock()
		return
	}
	r.never[id] = err.Error()
	version, applied := r.version[id]
	r.mu.Unlock()
	if applied {
		r.x.complain("%s: write %d made version %d and was reported %v\n%s", r.path, id, version, err, r.tail(version))
	}
}

// check checks that each version up to the last one has a write that has made it, or may have.
func (r *casRegister) check() {
	lost := 0
	unknown := 0
	for _, ids := range r.unknown {
		for _, id := range ids {
			if _, applied := r.version[id]; applied {
				unknown++
			}
		}
	}
	for version := int32(1); version <= r.final && lost < 5; version++ {
		r.mu.Lock()
		_, known := r.owner[version]
		candidates := len(r.unknown[version])
		r.mu.Unlock()
		if !known && candidates == 0 {
			lost++
			r.x.complain("%s: nobody made version %d of %d\n%s", r.path, version, r.final, r.tail(version))
		}
	}
	for version := range r.owner {
		if version > r.final {
			r.x.complain("%s: version %d was acknowledged or read, the last is %d\n%s", r.path, version, r.final, r.tail(version))
		}
	}
	r.x.t.Logf("%s: %d versions, at least %d by writes of unknown outcome", r.path, r.final, unknown)
}

func (r *casRegister) id() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next++
	return r.next
}

// writeRegisters reads a register and sets it with the version that was read.
func (cc *chaosClient) writeRegisters(random *rand.Rand) {
	for !cc.over() {
		r := cc.x.regs[random.IntN(chaosKeys)]
		node, err := settled(cc, submit(cc, func() *future.Future[zkasync.Node] { return cc.c.Get(cc.x.ctx, r.path) }))
		if err != nil {
			continue
		}
		r.read(cc.name, node)
		id, base := r.id(), node.Stat.Version
		data := strconv.FormatInt(id, 10)
		// The end of the run must not end a write that has begun: its outcome would be missing.
		stat, err := submit(cc, func() *future.Future[zk.Stat] {
			return cc.c.Set(context.Background(), r.path, []byte(data), base)
		}).Get(context.Background())
		if err != nil {
			r.failed(cc.name, id, base, err)
			continue
		}
		if stat.Version != base+1 {
			cc.x.complain("%s: a write on version %d made version %d", r.path, base, stat.Version)
		}
		r.made(cc.name+", acknowledged", stat.Version, id)
	}
}

// readRegisters reads all registers at once, again and again. What a client reads must never go back in time, neither in one
// register nor across all of them.
func (cc *chaosClient) readRegisters(*rand.Rand) {
	var seen [chaosKeys]int32
	for !cc.over() {
		var fs []*future.Future[zkasync.Node]
		for _, r := range cc.x.regs {
			fs = append(fs, submit(cc, func() *future.Future[zkasync.Node] { return cc.c.Get(cc.x.ctx, r.path) }))
		}
		for i, f := range fs {
			node, err := settled(cc, f)
			if err != nil {
				continue
			}
			r := cc.x.regs[i]
			r.read(cc.name, node)
			if v := node.Stat.Version; v < seen[i] {
				cc.x.complain("%s: %s read version %d after %d\n%s", r.path, cc.name, v, seen[i], r.tail(v))
			}
			seen[i] = node.Stat.Version
		}
		cc.rest(20 * time.Millisecond)
	}
}

// registerWatcher is what one client knows about a register from watching it.
type registerWatcher struct {
	name string
	seen atomic.Int32 // the last version
}

func (r *casRegister) watcher(name string) *registerWatcher {
	w := &registerWatcher{name: name}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.viewers = append(r.viewers, w)
	return w
}

func (r *casRegister) watchers() []*registerWatcher {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.viewers)
}

// watchRegister follows a register by one-shot watches. Each event must come from a change, and no change may be missed: in the
// end, the last version must have been seen.
func (cc *chaosClient) watchRegister(r *casRegister) {
	w := r.watcher(cc.name)
	fired := false
	for {
		got, err := settled(cc, submit(cc, func() *future.Future[zkasync.Watched[zkasync.Node]] { return cc.c.GetW(cc.x.ctx, r.path) }))
		if isOver(err) {
			return
		}
		if err != nil {
			continue
		}
		version, last := got.Value.Stat.Version, w.seen.Load()
		r.read(cc.name+", watching", got.Value)
		if version < last || fired && version == last {
			cc.x.complain("%s: %s, watching, read version %d after %d, an event before: %v\n%s", r.path, cc.name, version, last, fired, r.tail(version))
		}
		w.seen.Store(version)
		event, err := settled(cc, got.Event)
		if isOver(err) {
			return
		}
		if fired = err == nil; fired {
			r.mu.Lock()
			r.noteLocked(version+1, "%s, watching: %v", cc.name, event.Type)
			r.mu.Unlock()
		} else if !errors.Is(err, zkasync.ErrSessionExpired) {
			cc.x.complain("%s: %s, watching: %v", r.path, cc.name, err)
		}
	}
}

// followRegister follows a register by a Live value. It may skip versions, but must never go back.
func (cc *chaosClient) followRegister(r *casRegister) {
	w := r.watcher(cc.name + ", following")
	for reading, err := range cc.c.WatchData(cc.x.ctx, r.path).All(context.Background()) {
		if err != nil {
			return
		}
		if reading.Err != nil || !reading.Exists {
			cc.x.complain("%s: %s, following, was given %+v", r.path, cc.name, reading)
			continue
		}
		r.read(w.name, reading.Value)
		version := reading.Value.Stat.Version
		if last := w.seen.Swap(version); version <= last && last != 0 {
			cc.x.complain("%s: %s, following, was given version %d after %d\n%s", r.path, cc.name, version, last, r.tail(version))
		}
	}
}
