package schedules

import (
	"context"
	"fmt"
	"sync"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// monitor sees who has what is contended for, by their contexts.
type monitor struct {
	w    *world
	name string
	most int // so many may have it

	mu      sync.Mutex
	holds   []*hold
	highest *hold // with the greatest fence so far
}

// held is what one has: a [recipe.Held], or a share.
type held interface {
	Context() context.Context
	Fence() int64
	Path() string
	Multi(ctx context.Context, ops ...zkasync.MultiOp) *future.Future[[]zkasync.MultiResult]
	Unlock() *future.Future[future.Void]
}

// hold is that somebody has it.
type hold struct {
	held
	p       *process
	session int64 // that it had when it was asked for
	shared  bool
	call    int64 // when it was asked for
	took    int64 // when it was got
	alive   int64 // when it was last seen alive
	given   bool  // its holder is about to give it back
	gone    int64 // when its znode was, 0 if nobody knows
}

// took notes that somebody has got it, and looks who has it as well.
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

// judge decides whose fault it is that more have it than may.
func (m *monitor) judge(h *hold, others []*hold) {
	for _, o := range append(others, h) {
		if kind := m.excuse(o); kind != "" {
			m.w.tally.add("overlaps: "+kind, 1)
			return
		}
	}
	m.w.fail("%s: %v has it, and so have %v", m.name, h, others)
}

// excuse says why a holder cannot know that it has it no longer, "" if it should.
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

// taken reports whether somebody has taken it away.
func (m *monitor) taken(h *hold) bool {
	return h.Fence() <= h.p.robbed.Load() || m.w.wasCleared(h.Path(), h.Fence())
}

// inOrder checks that fences grow.
func (m *monitor) inOrder(h *hold) {
	last := m.highest
	if last != nil && h.Fence() <= last.Fence() && m.looksAlive(h) && m.excuse(h) == "" && m.excuse(last) == "" {
		m.w.fail("%s: %v comes behind %v", m.name, h, last)
	}
	if last == nil || h.Fence() > last.Fence() {
		m.highest = h
	}
}

// gives notes that it is about to be given back.
func (m *monitor) gives(h *hold) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.looksAlive(h)
	h.given = true
}

// gave notes that its znode is gone.
func (m *monitor) gave(h *hold) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h.gone = m.w.now()
}

// saw notes that a holder looks whether it still has it.
func (m *monitor) saw(h *hold) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.looksAlive(h)
}

// history is who had it, as operations: to become a holder, and to be one no longer.
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
