package recipe

import (
	"context"
	"errors"
	"slices"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// ErrMoved is the cause of a [Share] that has ended because its item is to go to another member.
var ErrMoved = errors.New("it is to be another member's")

// Share is an item of a [Partitioner] that this member has: a lease, like a [Held]. It is safe for concurrent use.
type Share struct {
	s      *slot
	held   *Held
	ctx    context.Context
	cancel context.CancelCauseFunc

	given, lost, back bool // to the user, by its context, by Unlock; guarded by the partitioner's mu
}

// Context returns a context that ends when the item is asked back, and when it is no longer certain that nobody else has
// it. Its cause is [ErrMoved], or one of those of [Held.Context]. After the item is asked back, nobody else gets it
// before Unlock, so there is time to finish the work.
func (h *Share) Context() context.Context { return h.ctx }

// Done returns a channel that is closed when the context ends.
func (h *Share) Done() <-chan struct{} { return h.ctx.Done() }

// Item returns the name of the item.
func (h *Share) Item() string { return h.s.item }

// Fence returns a number greater than those of all former holders of the item, like Held.Fence.
func (h *Share) Fence() int64 { return h.held.Fence() }

// Path returns the path of the lock's znode.
func (h *Share) Path() string { return h.held.Path() }

// Multi is like Held.Multi: it applies operations if this member still has the item, until Unlock even if it was asked
// back.
func (h *Share) Multi(ctx context.Context, ops ...zkasync.MultiOp) *future.Future[[]zkasync.MultiResult] {
	return h.held.Multi(ctx, ops...)
}

// Unlock lets go of the item, which then goes to the next owner. It must be called when the work on the item has ended,
// for whatever reason. If the item still belongs to this member, it is gained again. The future completes when the
// lock's znode is gone. Calling Unlock more than once is harmless.
func (h *Share) Unlock() *future.Future[future.Void] {
	h.cancel(ErrReleased)
	h.end()
	return h.letGo()
}

// letGo releases the lock, once.
func (h *Share) letGo() *future.Future[future.Void] {
	removed := h.held.Unlock()
	p := h.s.p
	p.mu.Lock()
	first := !h.back
	h.back = true
	if first {
		h.s.share = nil
	}
	p.mu.Unlock()
	if first {
		then(removed, func(future.Void, error) { p.drop() })
		h.s.contend()
	}
	return removed
}

// end reports the end of the context, once. A share that nobody was told about need not be unlocked by anybody.
func (h *Share) end() {
	p := h.s.p
	p.mu.Lock()
	first, given := !h.lost, h.given
	h.lost = true
	tell := func() {}
	switch {
	case first && given:
		p.events = append(p.events, ShareEvent{Lost, h.s.item, h, context.Cause(h.ctx)})
		tell = p.tellLocked()
	case first:
		h.given = true // to nobody
		p.events = slices.DeleteFunc(p.events, func(e ShareEvent) bool { return e.Share == h })
	}
	p.mu.Unlock()
	tell()
	if first && !given {
		h.letGo()
	}
}

// slot is an item, as a member sees it. The partitioner's mu guards it.
type slot struct {
	p    *Partitioner
	item string
	lock *Mutex

	wanted  bool                    // this member is to have it
	cancel  context.CancelCauseFunc // cancels the attempt in progress
	share   *Share                  // until it is unlocked
	refused bool                    // refused, and reported
}

// want records whether this member is to have the item.
func (s *slot) want(wanted bool) {
	p := s.p
	p.mu.Lock()
	s.wanted = wanted && !p.closing
	wanted = s.wanted
	cancel, share, why := s.cancel, s.share, ErrMoved
	if p.closing {
		why = ErrReleased
	}
	p.mu.Unlock()
	switch {
	case wanted:
		s.contend()
	case cancel != nil:
		cancel(why)
	case share != nil:
		share.cancel(why)
		share.end()
	}
}

// contend starts to wait for the item's lock, if this member is to have the item and there is no attempt or share of it.
func (s *slot) contend() {
	p := s.p
	p.mu.Lock()
	if !s.wanted || s.cancel != nil || s.share != nil {
		p.mu.Unlock()
		return
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	s.cancel = cancel
	p.left++
	p.mu.Unlock()
	then(s.lock.Lock(ctx), func(held *Held, err error) {
		if err != nil {
			s.failed(err, ctx.Err() != nil)
		} else {
			s.got(held)
		}
		cancel(nil)
	})
}

// got reports a share to the user.
func (s *slot) got(held *Held) {
	h := &Share{s: s, held: held}
	h.ctx, h.cancel = context.WithCancelCause(held.Context())
	p := s.p
	p.mu.Lock()
	s.cancel, s.share, s.refused = nil, h, false
	wanted := s.wanted
	tell := func() {}
	if wanted {
		p.events = append(p.events, ShareEvent{Kind: Gained, Item: s.item, Share: h})
		tell = p.tellLocked()
	}
	p.mu.Unlock()
	if !wanted {
		h.Unlock()
		return
	}
	p.c.AfterFunc(h.ctx, h.end)
	tell()
}

// failed continues after an attempt that was given up or refused.
func (s *slot) failed(err error, givenUp bool) {
	p := s.p
	refused := !givenUp && !over(err)
	p.mu.Lock()
	s.cancel = nil
	tell := func() {}
	if refused && !s.refused && !p.closing {
		s.refused = true
		p.events = append(p.events, ShareEvent{Kind: Refused, Item: s.item, Cause: err})
		tell = p.tellLocked()
	}
	p.mu.Unlock()
	tell()
	var e *Error
	if errors.As(err, &e) && e.Removed != nil {
		then(e.Removed, func(future.Void, error) { p.drop() })
	} else {
		p.drop()
	}
	switch {
	case over(err):
		p.stop(err)
	case refused:
		then(core.Pause(context.Background(), p.c, keepPause), func(future.Void, error) { s.contend() })
	default:
		s.contend()
	}
}
