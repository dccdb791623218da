package recipe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/recipe/internal/core"
)

// Partitioner divides a set of items among its members, each item to one member at a time (kazoo: SetPartitioner). It
// uses no goroutine and is safe for concurrent use.
//
// Each member has a znode below path/members, from which all members compute the same division: an item belongs to the
// member whose name gives the greatest hash together with the item's (rendezvous hashing). So only those items move
// whose owner has left, or that belong to a newcomer, and each member gets about the same number. Each item has a lock
// in path/locks/item: an item changes hands when its former owner has released it, and by the rules of a lease two
// members never have it, whatever they believe the division to be meanwhile.
//
// Events report what happens, see [Partitioner.All] and [Partitioner.Poll]: an item is [Gained], with a [Share] of it,
// and [Lost]. Work on a share for as long as its context lasts, and then call [Share.Unlock]: without that, nobody else
// gets the item for as long as the session lives.
//
//	p := recipe.Partition(c, "/jobs", queues)
//	defer p.Close()
//	for e, err := range p.All(ctx) {
//		if err != nil {
//			return err
//		}
//		if e.Kind == recipe.Gained {
//			go func() {
//				defer e.Share.Unlock()
//				work(e.Share.Context(), e.Item)
//			}()
//		}
//	}
//
// All members must name the same items. Each needs an identifier of its own ([WithIdentifier]): a member that is
// restarted with its previous identifier gets the same items.
//
// # Beside kazoo
//
// With [WithNaming] of [Kazoo], processes with kazoo's SetPartitioner can be members on the same path, if they use the
// default partition_func. Znodes, locks and the division are then kazoo's: the items in order, the first to the first by
// identifier, and so on, which moves most items with each change. No two members ever have the same item. There are limits:
// kazoo gives up all its items at each change of the members, and takes new ones only after its time_boundary (30
// seconds) without a change, so for that time nobody has kazoo's items; and kazoo, which takes all of its items or none,
// waits for those that are still in use here. The loss of locks (as after a lost connection) is reported item by item
// here, but for all items at once there. Without that naming, kazoo's processes must not use the path: no two members would
// have the same item, but both kinds would wait for each other for ever.
type Partitioner struct {
	c       *zkasync.Client
	path    string
	cfg     config
	me      string // its identifier
	member  *Node
	members *Roster
	gone    *future.Promise[future.Void] // completes when nothing of this member is left
	done    chan struct{}                // closed when it has ended

	mu               sync.Mutex
	slots            map[string]*slot
	left             int // what has to go before gone: its member znode, attempts, shares and their znodes
	events           []ShareEvent
	changed          *future.Promise[future.Void] // completes when there are events, or with the end
	told             *future.Future[future.Void]  // the same for users, once requested
	closing          bool                         // no item is wanted any more
	unkept, unlisted error                        // why its member znode or the list of members is not current
	err              error                        // why it has ended; all events are queued by then
}

// Partition joins the division of items, until its own Close or the client's.
func Partition(c *zkasync.Client, path string, items []string, opts ...Option) *Partitioner {
	p := &Partitioner{c: c, path: path, cfg: newConfig(opts), done: make(chan struct{}), slots: make(map[string]*slot), left: 1}
	p.gone, p.changed = future.NewPromise[future.Void](nil), future.NewPromise[future.Void](nil)
	p.me = p.cfg.id
	if err := errors.Join(p.cfg.err, checkMember(p.me), checkItems(items)); err != nil {
		p.stop(err)
		p.drop()
		return p
	}
	for _, item := range items {
		p.slots[item] = &slot{p: p, item: item, lock: NewMutex(c, core.Join(core.Join(path, "locks"), item), opts...)}
	}
	g := NewGroup(c, core.Join(path, p.folder()), opts...)
	p.member = g.Join(role{hex: true}.prefix()+"-"+p.me, []byte(p.me)) // as kazoo's ShallowParty
	p.members = g.Roster(context.Background())
	p.member.onErr(p.memberChanged)
	p.follow()
	return p
}

// isKazoo reports whether kazoo's processes may be members.
func (p *Partitioner) isKazoo() bool { return p.cfg.naming == Kazoo }

// folder is where members are.
func (p *Partitioner) folder() string {
	if p.isKazoo() {
		return "party"
	}
	return "members"
}

func checkMember(id string) error {
	if id == "" || strings.Contains(id, "/") {
		return fmt.Errorf("identifier %q is empty or has a slash", id)
	}
	return nil
}

func checkItems(items []string) error {
	sorted := slices.Sorted(slices.Values(items))
	for i, item := range sorted {
		if item == "" || item == "." || item == ".." || strings.Contains(item, "/") {
			return fmt.Errorf("item %q is empty, a dot or two, or has a slash", item)
		}
		if i > 0 && item == sorted[i-1] {
			return fmt.Errorf("item %q is there twice", item)
		}
	}
	return nil
}

// follow applies the members, as they are and after each change, until the client ends.
func (p *Partitioner) follow() {
	next := p.members.next()
	if err := p.members.Err(); err != nil {
		p.stop(err)
		if over(err) {
			p.gone.Resolve(future.Void{})
		}
		return
	}
	p.trouble(&p.unlisted, p.members.Stale())
	if members, known := p.members.Latest(); known {
		p.divide(members)
	}
	then(next, func(future.Void, error) { p.follow() })
}

// memberChanged handles the reason why its member znode is not kept, or not at the moment.
func (p *Partitioner) memberChanged(why error) {
	select {
	case <-p.member.Done():
		p.stop(why)
	default:
		p.trouble(&p.unkept, why)
	}
	if why == nil { // the list may have been hidden as well, and its watch used up
		p.members.Refresh()
	}
}

// trouble reports what keeps this member from taking part as it should, once until it is over.
func (p *Partitioner) trouble(was *error, why error) {
	p.mu.Lock()
	news := why != nil && *was == nil && !p.closing
	*was = why
	tell := func() {}
	if news {
		p.events = append(p.events, ShareEvent{Kind: Refused, Cause: why})
		tell = p.tellLocked()
	}
	p.mu.Unlock()
	tell()
}

// divide determines which items this member is to have.
func (p *Partitioner) divide(members []Member) {
	var ids []string
	self := false
	for _, m := range members {
		_, id, ok := strings.Cut(m.Name, "-")
		if !ok {
			id = m.Name
		}
		ids = append(ids, id)
		self = self || m.Name == base(p.member.Path())
	}
	if !self { // it is being created, perhaps again: going by this list would make all of the items move
		return
	}
	rule := rendezvous
	if p.isKazoo() {
		rule = inTurns
	}
	items := make([]string, 0, len(p.slots))
	for item := range p.slots {
		items = append(items, item)
	}
	mine := rule(p.me, ids, items)
	for item, s := range p.slots {
		s.want(mine[item])
	}
}

// Close gives all items back: the context of each share ends. The future completes when each share is unlocked and the
// member's znodes are deleted.
func (p *Partitioner) Close() *future.Future[future.Void] {
	p.stop(ErrReleased)
	return core.OnHandler(p.c, p.gone.Future())
}

// stop ends the membership, once.
func (p *Partitioner) stop(why error) {
	p.mu.Lock()
	first := !p.closing
	p.closing = true
	p.mu.Unlock()
	if !first {
		return
	}
	for _, s := range p.slots {
		s.want(false)
	}
	p.mu.Lock()
	p.err = &Error{Op: "partition", Path: p.path, Err: why}
	close(p.done)
	changed := p.changed
	p.mu.Unlock()
	changed.Resolve(future.Void{})
	if p.member != nil {
		then(p.member.Close(), func(future.Void, error) { p.drop() })
	}
}

// drop records that something is gone.
func (p *Partitioner) drop() {
	p.mu.Lock()
	p.left--
	over := p.closing && p.left == 0
	p.mu.Unlock()
	if !over {
		return
	}
	if p.members != nil {
		p.members.Close()
	}
	p.gone.Resolve(future.Void{})
}

// Done returns a channel that is closed when p has ended, as when Close is called.
func (p *Partitioner) Done() <-chan struct{} { return p.done }

// Err returns why p has ended, or nil if it has not: [ErrReleased] after Close, zkasync.ErrClosed after the client's
// Close, an invalid option or item, or the rejection if it could not join at all.
func (p *Partitioner) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}
