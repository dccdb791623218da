package schedules

import (
	"context"
	"fmt"
	"sync"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// monitor checks, by their contexts, that no more holders than allowed hold a lock at once.
type monitor struct {
	w    *world
	name string
	most int // how many may hold it at once

	mu      sync.Mutex
	holds   []*hold
	highest *hold // the one with the greatest fence so far
}

// held is a [recipe.Held] or a [recipe.Share].
type held interface {
	Context() context.Context
	Fence() int64
	Path() string
	Multi(ctx context.Context, ops ...zkasync.MultiOp) *future.Future[[]zkasync.MultiResult]
	Unlock() *future.Future[future.Void]
}

// hold is one time for which a process holds the lock.
type hold struct {
	held
	p       *process
	session int64 // the process's session when it asked for the lock
	shared  bool
	call    int64 // when it asked for the lock
	took    int64 // when it got the lock
	alive   int64 // when its context was last seen alive
	given   bool  // it is about to unlock
	gone    int64 // when its znode was known to be deleted, 0 if it is not known
}

// took records that somebody has got the lock, and checks who else holds it.
func (m *monitor) took(h *hold) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h.took = m.w.now()
	h.alive = h.took
	var others []*hold
	for _, o := range m.holds {
		if (!o.shared || !h.shared) && !o.given && (o.p.isPaused() || m.looksAlive(o)) {
			others = append(others, o)
		}
	}
	m.holds = append(m.holds, h)
	if len(others) >= m.most && m.looksAlive(h) {
		m.judge(h, others)
	}
	if m.most == 1 && !h.shared {
		m.inOrder(h)
	}
}

func (m *monitor) looksAlive(h *hold) bool {
	if h.Context().Err() != nil {
		return false
	}
	h.alive = m.w.now()
	return true
}

// judge is called when there are more holders than allowed. It fails the test unless one of them has an excuse.
func (m *monitor) judge(h *hold, others []*hold) {
	for _, o := range append(others, h) {
		if kind := m.excuse(o); kind != "" {
			m.w.tally.add("overlaps: "+kind, 1)
			return
		}
	}
	m.w.fail("%s: %v holds it, and so do %v", m.name, h, others)
}

// excuse returns why a holder cannot know that it has lost the lock, or "" if it should know.
func (m *monitor) excuse(h *hold) string {
	switch {
	case m.taken(h):
		return "taken away by hand"
	case h.p.isPaused():
		return "paused"
	default:
		return ""
	}
}

// taken reports whether somebody has ended the holder's session, or deleted its znode, by hand.
func (m *monitor) taken(h *hold) bool {
	return h.Fence() <= h.p.robbed.Load() || m.w.wasCleared(h.Path(), h.Fence())
}

// inOrder checks that each holder has a greater fence than those before.
func (m *monitor) inOrder(h *hold) {
	last := m.highest
	if last != nil && h.Fence() <= last.Fence() && m.looksAlive(h) && m.excuse(h) == "" && m.excuse(last) == "" {
		m.w.fail("%s: %v comes after %v", m.name, h, last)
	}
	if last == nil || h.Fence() > last.Fence() {
		m.highest = h
	}
}

// gives records that a holder is about to unlock.
func (m *monitor) gives(h *hold) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.looksAlive(h)
	h.given = true
}

// gave records that a holder's znode is gone.
func (m *monitor) gave(h *hold) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h.gone = m.w.now()
}

// saw returns what a holder sees that checks whether its context is alive, and records that.
func (m *monitor) saw(h *hold) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.looksAlive(h)
}

// history returns the holders as operations of the leadership model: each becomes the leader and stops leading.
func (m *monitor) history() *history {
	hist := &history{w: m.w}
	for _, h := range m.holds {
		hist.add(leads{h.Fence()}, nil, h.call, h.took)
		from, to := h.alive, h.gone
		if m.taken(h) {
			from = h.call
		}
		if to == 0 {
			to = never
		}
		hist.add(ends{h.Fence()}, nil, from, to)
	}
	return hist
}

func (h *hold) String() string {
	return fmt.Sprintf("process %d with fence %#x by %s", h.p.id, h.Fence(), h.Path())
}
