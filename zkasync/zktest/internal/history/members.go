package history

import (
	"slices"

	"github.com/zkasync/zkasync-go/zkasync/ensemble"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/znode"
)

// The ports for other servers. Nobody listens there.
const (
	quorumPort   = 2888
	electionPort = 3888
)

// isEnsemble reports whether there is a configuration. A replica without one is a standalone server.
func (h *History) isEnsemble() bool { return len(h.config.Servers) > 0 }

// Member returns the replica's entry in the configuration of an ensemble, whether or not it has one yet.
func (r *Replica) Member(role ensemble.Role) ensemble.Server {
	return ensemble.Server{
		ID: int64(r.number), Role: role, Client: r.addr,
		Addresses: []ensemble.Address{{Host: r.host, QuorumPort: quorumPort, ElectionPort: electionPort}},
	}
}

// ServeAt gives the replica another address for clients, as if its server had been started with it.
func (r *Replica) ServeAt(addr string) {
	r.addr = addr
	r.relocate()
}

// relocate puts the replica's address for clients into the configuration where that has the one in memory. There is no transaction,
// but those who watch the configuration are told.
func (r *Replica) relocate() {
	h := r.h
	moved := func(c ensemble.Config) bool {
		for i := range c.Servers {
			if s := &c.Servers[i]; s.ID == int64(r.number) && s.Client == r.inMemory && r.addr != r.inMemory {
				s.Client = r.addr
				return true
			}
		}
		return false
	}
	moved(h.config)
	for _, each := range h.replicas {
		n := each.tree.Find(znode.ConfigPath)
		if n == nil || !h.isEnsemble() {
			continue
		}
		if config, err := ensemble.Parse(string(n.Data)); err == nil && moved(config) {
			n.Data = []byte(config.String())
			each.watches.DataChanged(znode.ConfigPath, each.tree.Zxid, n.ACL)
		}
	}
}

// firstConfig makes all replicas members, the last ones of them observers.
func (h *History) firstConfig(observers int) {
	for i, r := range h.replicas {
		role := ensemble.Participant
		if i >= len(h.replicas)-observers {
			role = ensemble.Observer
		}
		h.config.Servers = append(h.config.Servers, r.Member(role))
	}
	if h.cfg.Rules.Reconfig {
		h.config.Version = h.zxid // of the leader's first proposal
	}
}

// writeConfig puts the configuration of an ensemble into a tree, as its servers do when they start.
func (h *History) writeConfig(tree *znode.Tree) {
	if n := tree.Find(znode.ConfigPath); h.isEnsemble() && n != nil {
		n.Data, n.Version, n.Mzxid = []byte(h.config.String()), znode.ConfigVersion, h.config.Version
	}
}

// votes reports whether r is a participant. A replica that is not a member follows without a vote.
func (r *Replica) votes() bool {
	m, ok := r.h.config.Server(int64(r.number))
	return !r.h.isEnsemble() || ok && m.Role == ensemble.Participant
}

func (r *Replica) observes() bool { return r.observesIn(r.h.config) }

func (r *Replica) observesIn(config ensemble.Config) bool {
	m, ok := config.Server(int64(r.number))
	return ok && m.Role == ensemble.Observer
}

// synced reports whether a server follows the leader, or is the leader.
func (h *History) synced(id int64) bool {
	return id >= 1 && id <= int64(len(h.replicas)) && h.replicas[id-1].serving
}

// reconfigure takes over a configuration. If the leader may not lead any more, another replica does.
func (h *History) reconfigure(text []byte) {
	config, err := ensemble.Parse(string(text))
	if err != nil || len(config.Servers) == 0 {
		return
	}
	h.config = config
	h.settle()
}

// reconfigured takes over the configuration of a reconfig. A leader that moves renounces the leadership. A replica that becomes an
// observer, or no longer is one, joins the leader anew and thereby loses its clients (QuorumPeer.updateLearnerType).
func (h *History) reconfigured(text []byte) {
	leader, before := h.leader, h.config
	h.reconfigure(text)
	for _, r := range h.replicas {
		if r != h.leader && r.serving && r.observesIn(before) != r.observes() {
			r.serve(false)
			r.serve(true)
			r.takeUntil(everything)
		}
	}
	was, _ := before.Server(int64(leader.number))
	is, member := h.config.Server(int64(leader.number))
	if member && h.leader == leader && moved(was, is) {
		_ = h.Depose(nil) // nobody else may be able to lead
	}
}

// moved reports whether a server has another address for its followers (Leader.getDesignatedLeader).
func moved(before, after ensemble.Server) bool {
	return !slices.EqualFunc(before.Addresses, after.Addresses, func(a, b ensemble.Address) bool {
		return a.Host == b.Host && a.QuorumPort == b.QuorumPort
	})
}

// configRestored takes over the configuration of a tree that has been restored. If that is a standalone server's, the tree gets
// the configuration of the ensemble.
func (h *History) configRestored() {
	if !h.isEnsemble() {
		return
	}
	var text []byte
	if n := h.replicas[0].tree.Find(znode.ConfigPath); n != nil {
		text = n.Data
	}
	if len(text) == 0 {
		for _, r := range h.replicas {
			h.writeConfig(r.tree)
		}
		return
	}
	h.reconfigure(text)
	for _, r := range h.replicas {
		r.relocate()
	}
}

// Join adds a replica that is as far as the most advanced one. It follows the leader, but only a reconfig makes it a member.
func (h *History) Join(addr string, clients Clients) *Replica {
	newest := h.replicas[0]
	for _, r := range h.replicas {
		if newest.before(r) {
			newest = r
		}
	}
	r := h.Add(newest.tree.Clone(), addr, clients)
	r.backlog = append(r.backlog, newest.backlog...)
	r.serving = false
	h.settle()
	r.lagged()
	return r
}
