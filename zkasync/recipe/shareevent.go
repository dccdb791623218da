package recipe

import (
	"context"
	"iter"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// ShareEvent reports a change of an item of a [Partitioner].
type ShareEvent struct {
	Kind  ShareChange
	Item  string
	Share *Share // the share that was gained or lost
	Cause error  // why it was lost or refused
}

// ShareChange is a kind of ShareEvent.
type ShareChange int

const (
	// Gained says that this member has the item, by the event's share.
	Gained ShareChange = iota + 1
	// Lost says that the share's context has ended. Unless Unlock ended it, Unlock must still be called. Each share that
	// is gained is lost once, and no other share of its item is gained before it is unlocked.
	Lost
	// Refused says that the item's lock could not be acquired, for example because a permission is missing. The attempt
	// is repeated after pauses of up to two seconds, and reported again only if it has succeeded in between. Without an
	// Item it concerns the list of members, which then stays as it was, or the own znode in it, without which others take
	// this member's items for theirs and wait for them.
	Refused
)

// String returns the kind's name.
func (k ShareChange) String() string {
	switch k {
	case Gained:
		return "Gained"
	case Lost:
		return "Lost"
	case Refused:
		return "Refused"
	default:
		return "ShareChange(invalid)"
	}
}

// Poll returns the next event, or false if there is none at present. An item that is gained and asked back before its
// event was delivered is given back silently.
func (p *Partitioner) Poll() (ShareEvent, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.events) == 0 {
		return ShareEvent{}, false
	}
	e := p.events[0]
	p.events = p.events[1:]
	if e.Kind == Gained {
		e.Share.given = true
	}
	return e, true
}

// Changed returns a future that completes when there is an event after this call, or at the end. To miss nothing, call
// it before calling Poll until there is no event left. Its callbacks run on the client's handler.
func (p *Partitioner) Changed() *future.Future[future.Void] {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.told == nil {
		p.told = core.OnHandler(p.c, p.changed.Future())
	}
	return p.told
}

// All ranges over the events until p has ended and all were delivered, or ctx is done. Each event goes to one reader. The
// last pair carries the reason, that of Err or of ctx. Leaving the loop does not end p.
func (p *Partitioner) All(ctx context.Context) iter.Seq2[ShareEvent, error] {
	ctx = core.OrBackground(ctx)
	return func(yield func(ShareEvent, error) bool) {
		for ctx.Err() == nil {
			p.mu.Lock()
			changed := p.changed.Future()
			p.mu.Unlock()
			ended := p.Err() // read before the events: if it is set, all of them are queued
			e, ok := p.Poll()
			switch {
			case ok && !yield(e, nil):
				return
			case ok:
				continue
			case ended != nil:
				yield(ShareEvent{}, ended)
				return
			}
			select {
			case <-changed.Done():
			case <-ctx.Done():
			}
		}
		yield(ShareEvent{}, context.Cause(ctx))
	}
}

// tellLocked returns a function that announces events, to be called without the lock.
func (p *Partitioner) tellLocked() (tell func()) {
	changed := p.changed
	if p.err == nil { // otherwise it stays complete
		p.changed, p.told = future.NewPromise[future.Void](nil), nil
	}
	return func() { changed.Resolve(future.Void{}) }
}
