package recipe

import (
	"context"
	"errors"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// Election chooses one leader at a time among its candidates, in the order of their arrival (kazoo: Election, Curator:
// LeaderLatch, and with [CuratorSelector] its LeaderSelector; etcd: Election). What is said about a [Mutex] also applies
// to it.
type Election struct {
	s side
}

// ErrNoLeader is the error of [Election.Leader] when there is no leader.
var ErrNoLeader = errors.New("there is no leader")

// NewElection returns an election on the children of path, which is created if it is missing. Nothing is sent.
func NewElection(c *zkasync.Client, path string, opts ...Option) *Election {
	cfg := newConfig(opts)
	return &Election{s: side{c: c, path: path, cfg: cfg, role: cfg.naming.latch()}}
}

// Campaign waits until this candidate leads, as long as it takes, across lost connections and sessions. Others see
// value as the leader's, for example its address; nil means the identifier. [Held.Unlock] gives up the lead.
func (e *Election) Campaign(ctx context.Context, value []byte) *future.Future[*Held] {
	if value == nil {
		value = []byte(e.s.cfg.id)
	}
	return e.s.contend(ctx, "campaign", value, false)
}

// Candidates returns the leader followed by those who wait, in order (kazoo: contenders).
func (e *Election) Candidates(ctx context.Context) *future.Future[[]Contender] {
	return e.s.contenders(ctx, "candidates")
}

// Leader returns the leader known to the server, and fails with [ErrNoLeader] if there is none.
func (e *Election) Leader(ctx context.Context) *future.Future[Contender] {
	return future.Then(e.s.contenders(ctx, "leader"), func(all []Contender) (Contender, error) {
		if len(all) == 0 {
			return Contender{}, &Error{Op: "leader", Path: e.s.path, Err: ErrNoLeader}
		}
		return all[0], nil
	})
}
