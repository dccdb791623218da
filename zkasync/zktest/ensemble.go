package zktest

import (
	"fmt"
	"strings"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/history"
)

// Ensemble is a group of servers with one history, each at its own place in it. All methods are safe for concurrent use.
//
// At first the first server leads. A write at any server is decided by the leader and applied by all of them, at once
// unless a server lags ([Server.Lag]). There are no spontaneous elections and no lost messages: nothing happens to an
// ensemble except what the test does to it.
type Ensemble struct{ w *world }

// NewEnsemble returns n servers that run until they are closed. Tests call [RunEnsemble] instead.
func NewEnsemble(n int, opts ...Option) (*Ensemble, error) {
	cfg, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	const most = 200 // the number of a server is part of its address
	if n < 2 || n > most || n-cfg.observers < 2 {
		return nil, fmt.Errorf("zktest: an ensemble of %d servers, %d of them observers: want 2 to %d, and 2 that vote", n, cfg.observers, most)
	}
	return &Ensemble{newWorld(cfg, n)}, nil
}

// RunEnsemble returns n servers for one test, which are closed when it ends.
//
//	ens := zktest.RunEnsemble(t, 3)
//	c, err := zkasync.Connect(ctx, ens.ConnectString(), ens.Options()...)
func RunEnsemble(tb TB, n int, opts ...Option) *Ensemble {
	tb.Helper()
	e, err := NewEnsemble(n, opts...)
	if err != nil {
		tb.Fatalf("%v", err)
	}
	e.w.tb = tb
	tb.Cleanup(func() { _ = e.Close() })
	return e
}

// AddServer starts one more server. It follows the leader and serves clients, but is not a member of the ensemble: it has no
// vote and no place in the configuration until a client's Reconfig lets it join; see [WithReconfig] and [Server.Member].
func (e *Ensemble) AddServer() *Server {
	e.w.Lock()
	defer e.w.Unlock()
	s := &Server{w: e.w, in: e.w.Cluster.AddServer()}
	e.w.servers = append(e.w.servers, s)
	return s
}

// Close closes all servers, see [Server.Close].
func (e *Ensemble) Close() error {
	e.w.Close()
	return nil
}

// Servers returns all servers, members or not, by number from 1.
func (e *Ensemble) Servers() []*Server {
	e.w.Lock()
	defer e.w.Unlock()
	return append([]*Server(nil), e.w.servers...)
}

// Leader returns the leading server, or nil if there is none because too few can reach each other.
func (e *Ensemble) Leader() *Server {
	e.w.Lock()
	defer e.w.Unlock()
	if leader := e.w.Cluster.Leader(); leader != nil {
		return e.w.servers[leader.Number()-1]
	}
	return nil
}

// Followers returns the servers that follow a leader, including observers.
func (e *Ensemble) Followers() []*Server {
	e.w.Lock()
	defer e.w.Unlock()
	var list []*Server
	for _, s := range e.w.servers {
		if s.in.Serving() && s.in.Replica != e.w.Cluster.Leader() {
			list = append(list, s)
		}
	}
	return list
}

// ConnectString returns the addresses of all servers, joined with commas.
func (e *Ensemble) ConnectString() string {
	servers := e.Servers()
	addrs := make([]string, len(servers))
	for i, s := range servers {
		addrs[i] = s.Addr()
	}
	return strings.Join(addrs, ",")
}

// Options returns the options with which a client of package zkasync connects to the servers in memory. The client tries
// them in the order of the connection string.
func (e *Ensemble) Options() []zkasync.Option {
	return append(e.w.servers[0].Options(), zkasync.WithShuffle(false))
}

// Depose makes another server the leader: s or, if s is nil, the one that would be elected. As in a real election, a new
// epoch begins, all servers take the state of the new leader, all clients lose their connections, and all sessions get
// their full timeout again.
func (e *Ensemble) Depose(s *Server) error {
	e.w.Lock()
	defer e.w.Unlock()
	var next *history.Replica
	if s != nil {
		next = s.in.Replica
	}
	if err := e.w.Cluster.Depose(next); err != nil {
		return fmt.Errorf("zktest: depose the leader: %w", err)
	}
	return nil
}

// Partition cuts servers off from the rest. The side with more than half of the voting servers continues, with another
// leader if the leader is not on it; the other side serves nobody or, with [WithReadOnlyMode], only read-only clients.
// Another call replaces the partition.
func (e *Ensemble) Partition(cutOff ...*Server) {
	var replicas []*history.Replica
	for _, s := range cutOff {
		replicas = append(replicas, s.in.Replica)
	}
	e.w.Lock()
	defer e.w.Unlock()
	e.w.Cluster.Partition(replicas)
}

// Heal ends a partition. The servers that were cut off catch up.
func (e *Ensemble) Heal() { e.Partition() }
