package recipe

import (
	"context"
	"errors"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// Election has one leader among its candidates at a time, the first come first (kazoo: Election, Curator: LeaderLatch, and with
// [CuratorSelector] its LeaderSelector; etcd: Election). What is true of a [Mutex] is true of it.
type Election struct {
	s side
}

// ErrNoLeader is the error of [Election.Leader] when nobody leads.
var ErrNoLeader = errors.New("there is no leader")

// NewElection returns an election on the children of path, which is made if it is missing. Nothing is sent.
func NewElection(c *zkasync.Client, path string, opts ...Option) *Election {
	cfg := newConfig(opts)
	return &Election{s: side{c: c, path: path, cfg: cfg, role: cfg.naming.latch()}}
}

// Campaign waits until the lead is got, for as long as it takes, across lost connections and sessions. Value is what the others
// see of the leader, its address for instance; nil stands for the identifier. The lead is given up by [Held.Unlock].
func (e *Election) Campaign(ctx context.Context, value []byte) *future.Future[*Held] {
	if value == nil {
		value = []byte(e.s.cfg.id)
	}
	return e.s.contend(ctx, "campaign", value, false)
}

// Candidates returns who leads and who waits for it, in this order (kazoo: contenders).
func (e *Election) Candidates(ctx context.Context) *future.Future[[]Contender] {
	return e.s.contenders(ctx, "candidates")
}

// Leader returns who leads, as a server knows it, and fails with [ErrNoLeader] when nobody does.
func (e *Election) Leader(ctx context.Context) *future.Future[Contender] {
	return future.Then(e.s.contenders(ctx, "leader"), func(all []Contender) (Contender, error) {
		if len(all) == 0 {
			return Contender{}, &Error{Op: "leader", Path: e.s.path, Err: ErrNoLeader}
		}
		return all[0], nil
	})
}
