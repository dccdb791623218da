package recipe

import (
	"context"
	"errors"
	"iter"

	"github.com/go-zookeeper/zk"

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
	return e.s.contenders(ctx)
}

// Leader returns who leads, as a server knows it, and fails with [ErrNoLeader] when nobody does.
func (e *Election) Leader(ctx context.Context) *future.Future[Contender] {
	return future.Then(e.Candidates(ctx), func(all []Contender) (Contender, error) {
		if len(all) == 0 {
			return Contender{}, &Error{Op: "leader", Path: e.s.path, Err: ErrNoLeader}
		}
		return all[0], nil
	})
}

// Observe tells of every leader that is seen, with its value and fence: the present one first, and the zero Contender when nobody
// leads. Leaders that come and go quickly may be left out, the last one never is. It goes on across lost connections and
// sessions; its last pair has the reason of the end, that of ctx for instance. Between two leaders it watches the one only.
func (e *Election) Observe(ctx context.Context) iter.Seq2[Contender, error] {
	ctx = orBackground(ctx)
	return func(yield func(Contender, error) bool) {
		var last Contender
		for first := true; ; first = false {
			leader, changed, err := e.watch(ctx)
			if ctx.Err() != nil {
				err = context.Cause(ctx)
			}
			if err != nil {
				yield(Contender{}, &Error{Op: "observe", Path: e.s.path, Err: err})
				return
			}
			if (first || leader != last) && !yield(leader, nil) {
				e.s.c.Unwatch(changed)
				return
			}
			last = leader
			select {
			case <-changed.Done():
			case <-ctx.Done():
				e.s.c.Unwatch(changed)
			}
		}
	}
}

// watch returns the leader and what fires when it may be another.
func (e *Election) watch(ctx context.Context) (leader Contender, changed *future.Future[zk.Event], err error) {
	for {
		list, err := retried(ctx, e.s.c, func(ctx context.Context) *future.Future[zkasync.Children] { return e.s.c.Children(ctx, e.s.path) })
		if err != nil && !errors.Is(err, zk.ErrNoNode) {
			return leader, nil, err
		}
		queue := e.s.role.queue(list.Names)
		if len(queue) == 0 {
			if changed, err = e.watchEmpty(ctx, err != nil); changed != nil || err != nil {
				return Contender{}, changed, err
			}
			continue
		}
		path := join(e.s.path, queue[0].name)
		w, err := retried(ctx, e.s.c, func(ctx context.Context) *future.Future[zkasync.Watched[zkasync.Node]] { return e.s.c.GetW(ctx, path) })
		switch {
		case errors.Is(err, zk.ErrNoNode):
		case err != nil:
			return leader, nil, err
		default:
			st := w.Value.Stat
			return Contender{path, string(w.Value.Data), st.Czxid, st.EphemeralOwner}, w.Event, nil
		}
	}
}

// watchEmpty returns what fires when there is a candidate, nil when there is one already.
func (e *Election) watchEmpty(ctx context.Context, missing bool) (*future.Future[zk.Event], error) {
	if missing {
		w, err := retried(ctx, e.s.c, func(ctx context.Context) *future.Future[zkasync.Watched[*zk.Stat]] {
			return e.s.c.ExistsW(ctx, e.s.path)
		})
		if err != nil || w.Value == nil {
			return w.Event, err
		}
		e.s.c.Unwatch(w.Event)
		return nil, nil
	}
	w, err := retried(ctx, e.s.c, func(ctx context.Context) *future.Future[zkasync.Watched[zkasync.Children]] {
		return e.s.c.ChildrenW(ctx, e.s.path)
	})
	switch {
	case errors.Is(err, zk.ErrNoNode):
		return nil, nil
	case err != nil || len(e.s.role.queue(w.Value.Names)) == 0:
		return w.Event, err
	}
	e.s.c.Unwatch(w.Event)
	return nil, nil
}

// retried waits for a read that is repeated across lost connections.
func retried[T any](ctx context.Context, c *zkasync.Client, op func(context.Context) *future.Future[T]) (T, error) {
	return zkasync.Retry(ctx, c, patient, op).Get(ctx)
}
