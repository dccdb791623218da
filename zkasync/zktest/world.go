package zktest

import (
	"sync"
	"time"

	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
)

const opClose = wire.OpClose

// world is what servers have in common: one history, the sessions, one clock and one lock. A standalone server has a
// world of its own. All that happens in a world happens under its lock, one thing after the other, so that a history
// follows from the requests and their order alone.
type world struct {
	cfg   *config
	clock clock
	start time.Time

	mu            sync.Mutex
	now           time.Time // when the lock was taken
	servers       []*Server
	leader        *Server // nil: none
	zxid          int64   // the last one used
	epoch         int64   // of an ensemble; it is in the zxids as well
	configVersion int64   // of the members, in /zookeeper/config

	sessions map[int64]*session
	expiring map[int64][]int64 // ids of sessions by the ms at which they end, unless they are touched
	asking   *Server           // whose request is being decided

	alarms   alarms
	alarmSeq uint64
	timer    stopper // nil: none
	timerAt  time.Time

	live      map[*conn]bool // connections that are not closed yet, forgotten or not
	cleaning  bool           // an alarm for planCleaning is set
	unsent    []*conn        // have answers that are still to be handed to their writers
	resumable []*conn        // have requests that need not wait any longer; not at once, since a transaction is being applied
	scratch   request        // the request that is being processed
	closed    bool

	record    record
	faults    []*Injected
	replaced  map[int64]bool       // sessions that are replaced when they are offered
	thawed    sync.Cond            // wakes frozen connections
	intercept func(Request) Action // nil: none

	running sync.WaitGroup // goroutines, and a timer that may still go off
}

func newWorld(cfg *config) *world {
	w := &world{
		cfg:      cfg,
		clock:    cfg.clock,
		replaced: make(map[int64]bool),
		live:     make(map[*conn]bool),
		sessions: make(map[int64]*session),
		expiring: make(map[int64][]int64),
		zxid:     cfg.firstZxid,
	}
	w.start = w.clock.now()
	w.record.limit = cfg.record
	w.thawed.L = &w.mu
	return w
}

func (w *world) lock() {
	w.mu.Lock()
	w.now = w.clock.now()
}

// release goes on with connections whose requests have been waiting, hands on what has been written under the lock, and
// gives it back.
func (w *world) release() {
	for len(w.resumable) > 0 {
		c := w.resumable[0]
		w.resumable = w.resumable[1:]
		c.resume()
	}
	w.resumable = nil
	w.flush()
	w.mu.Unlock()
}

func (w *world) flush() {
	for i, c := range w.unsent {
		c.handOn()
		w.unsent[i] = nil
	}
	w.unsent = w.unsent[:0]
	w.setTimer()
}

// newTxn uses a zxid up.
func (w *world) newTxn(session int64) *txn {
	w.zxid++
	return &txn{zxid: w.zxid, time: w.now.UnixMilli(), committed: w.now, session: session}
}

// commit puts a transaction into the history and has the servers apply it, the leader first.
func (w *world) commit(t *txn) {
	w.leader.deliver(t)
	for _, s := range w.servers {
		if s != w.leader {
			s.deliver(t)
		}
	}
	w.planCleaning()
}
