package recipe

import (
	"context"
	"iter"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// ShareEvent is what happens to an item of a [Partitioner].
type ShareEvent struct {
	Kind  ShareChange
	Item  string
	Share *Share // of what was gained or lost
	Cause error  // of what was lost or refused
}

// ShareChange is a kind of event.
type ShareChange int

const (
	// Gained says that this member has the item, by the event's share.
	Gained ShareChange = iota + 1
	// Lost says that the share's context has ended. If it was not by Unlock, that has to be called yet. Each share that is gained is lost
	// once, and no other share of its item is gained before it is unlocked.
	Lost
	// Refused says that the item's lock could not be had, because a permission is missing for instance. It is tried again after pauses of up to two
	// seconds, and told again only when it was had in between. Without an Item it is said of the list of those who take part, which
	// is then what it was before, or of the own znode in it, without which others take this member's items for theirs, and wait for them.
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

// Poll returns the next event, false if there is none at present. What is gained and asked back again before anybody was told of it is
// given back silently.
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

// Changed returns a future that completes when there is an event after this call, or with the end. Whoever calls it, and then Poll until
// there is nothing more, misses nothing. Its callbacks run on the client's handler.
func (p *Partitioner) Changed() *future.Future[future.Void] {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.told == nil {
		p.told = core.OnHandler(p.c, p.changed.Future())
	}
	return p.told
}

// All ranges over the events, each of which one reader gets, until p has ended and all were told, or ctx ends. The last pair has the
// reason, that of Err or of ctx. Leaving the loop does not end p.
func (p *Partitioner) All(ctx context.Context) iter.Seq2[ShareEvent, error] {
	ctx = core.OrBackground(ctx)
	return func(yield func(ShareEvent, error) bool) {
		for ctx.Err() == nil {
			p.mu.Lock()
			changed := p.changed.Future()
			p.mu.Unlock()
			ended := p.Err() // looked at before the events: with it, all of them are there
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

// tellLocked returns what tells of events, which is to be called without the lock.
func (p *Partitioner) tellLocked() (tell func()) {
	changed := p.changed
	if p.err == nil { // otherwise it stays complete
		p.changed, p.told = future.NewPromise[future.Void](nil), nil
	}
	return func() { changed.Resolve(future.Void{}) }
}
