package zktest_test

import (
	"errors"
	"net"
	"slices"
	"testing"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/ensemble"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// These parts of the comparison, and the test, stand for tests of Apache's ReconfigTest.

// followerLeaves is testRemoveAddOne: a follower that leaves keeps its clients, who can go on reading and writing, and learn that it is no
// member. It can be made to join again by a client of its own.
func (r *reconfigured) followerLeaves() {
	t := r.t
	id := r.leader()%5 + 1
	c := r.at(id, superuser)
	config := check.Value(t, c.Config(t.Context()))
	before, _ := config.Server(id)
	connections := c.Stats().Connections
	reconfig(t, c, zkasync.Leaving(id))
	check.Value(t, c.CreateOrSet(t.Context(), "/normal", []byte("without a vote")))
	if n := check.Value(t, c.Get(t.Context(), "/normal")); string(n.Data) != "without a vote" {
		t.Errorf("read %q", n.Data)
	}
	config = check.Value(t, c.Config(t.Context()))
	if _, member := config.Server(id); member {
		t.Errorf("members %s, though %d has left", shortly(config), id)
	}
	check.Until(t, "the server that has left to follow", func() bool { return r.mode(id) == "follower" })
	reconfig(t, c, zkasync.Joining(before.String()), zkasync.FromVersion(config.Version))
	check.Value(t, c.CreateOrSet(t.Context(), "/normal", []byte("with a vote")))
	if n := c.Stats().Connections; n != connections {
		t.Errorf("the client of the server that left and joined has had %d connections, and %d before", n, connections)
	}
	r.members("1p 2p 3p 4p 5p", r.mode(4), r.mode(5))
}

// followerObserves is the first half of testRoleChange: a server whose role changes drops its clients, who can connect to it again.
func (r *reconfigured) followerObserves() {
	t := r.t
	id := slices.DeleteFunc([]int64{4, 5}, r.leads)[0] // r.c is connected to another one
	c := r.at(id)
	session := c.Session().ID
	now, _ := check.Value(t, r.c.Config(t.Context())).Server(id)
	for i, mode := range []string{"observer", "follower"} {
		now.Role = []ensemble.Role{ensemble.Observer, ensemble.Participant}[i]
		connections := c.Stats().Connections
		reconfig(t, r.c, zkasync.Joining(now.String()))
		check.Until(t, "a server to be a "+mode, func() bool { return r.mode(id) == mode })
		check.Until(t, "its client to connect again", func() bool {
			return c.Stats().Connections > connections && check.Outcome(t, c.CreateOrSet(t.Context(), "/normal", nil)) == nil
		})
	}
	if again := c.Session().ID; again != session {
		t.Errorf("session %#x became %#x", session, again)
	}
}

// leaderObserves is the second half of testRoleChange: a leader that is made an observer is followed by another one, and observes it.
func (r *reconfigured) leaderObserves() {
	t := r.t
	old := r.deposes(func(leader ensemble.Server) zkasync.ReconfigOption {
		leader.Role = ensemble.Observer
		return zkasync.Joining(leader.String())
	}, "observer")
	old.Role = ensemble.Participant
	reconfig(t, r.at(r.leader(), superuser), zkasync.Joining(old.String()))
	check.Until(t, "the former leader to follow", func() bool { return r.mode(old.ID) == "follower" })
	r.settle()
}

// leaderMoves is a part of testPortChange: a leader whose port for followers changes renounces the leadership.
func (r *reconfigured) leaderMoves() {
	port := freePort(r.t)
	old := r.deposes(func(leader ensemble.Server) zkasync.ReconfigOption {
		leader.Addresses = slices.Clone(leader.Addresses)
		leader.Addresses[0].QuorumPort = port
		return zkasync.Joining(leader.String())
	}, "follower")
	if old.Addresses[0].QuorumPort != port {
		r.t.Errorf("the former leader is %s, want port %d", old, port)
	}
	r.members("1p 2p 3p 4p 5p", r.mode(4), r.mode(5))
}

// deposes makes a reconfig that costs the leader its place, and returns its new entry, which is empty if it has none. Clients lose their
// connections, even the one that has requested it, and keep their sessions. The server then has another mode.
func (r *reconfigured) deposes(change func(leader ensemble.Server) zkasync.ReconfigOption, mode string) ensemble.Server {
	t := r.t
	t.Helper()
	id := r.leader()
	before := check.Value(t, r.c.Config(t.Context()))
	leader, _ := before.Server(id)
	session := r.c.Session().ID
	var err error
	check.Until(t, "a quorum of the new members", func() bool {
		err = check.Outcome(t, r.c.Reconfig(t.Context(), change(leader)))
		return !errors.Is(err, zkasync.ErrNewConfigNoQuorum)
	})
	if err != nil { // a real server's answer may come first
		check.Error(t, err, zkasync.ErrConnectionLoss, zkasync.ErrOutcomeUnknown)
	}
	var config ensemble.Config
	check.Until(t, "the configuration", func() bool {
		config, err = r.c.Config(t.Context()).Get(t.Context())
		return err == nil && config.Version > before.Version
	})
	if now := r.c.Session().ID; now != session {
		t.Errorf("session %#x became %#x", session, now)
	}
	check.Until(t, "another leader", func() bool { return slices.ContainsFunc(r.all(), r.leads) && !r.leads(id) })
	check.Until(t, "the former leader to be a "+mode, func() bool { return r.mode(id) == mode })
	r.settle()
	now, _ := config.Server(id)
	return now
}

// settle waits until all servers and clients have got over a change.
func (r *reconfigured) settle() {
	check.Until(r.t, "all servers to serve", func() bool { return !slices.ContainsFunc(r.all(), r.absent) })
	for _, c := range []*zkasync.Client{r.c, r.root} {
		check.Until(r.t, "the clients to be connected", func() bool { return check.Outcome(r.t, c.Sync(r.t.Context(), "/")) == nil })
	}
}

func (r *reconfigured) all() []int64 { return []int64{1, 2, 3, 4, 5} }

func (r *reconfigured) absent(id int64) bool {
	return !slices.Contains([]string{"leader", "follower", "observer"}, r.mode(id))
}

func (r *reconfigured) leads(id int64) bool { return r.mode(id) == "leader" }

// leader waits until a server leads, and returns its id.
func (r *reconfigured) leader() (leader int64) {
	check.Until(r.t, "a leader", func() bool {
		i := slices.IndexFunc(r.all(), r.leads)
		if i >= 0 {
			leader = r.all()[i]
		}
		return i >= 0
	})
	return leader
}

// testRemoveAddTwo: members that are down do not hinder a change if there is a quorum without them, and learn of it when they come up. Not
// played to real servers, since each restart takes seconds.
func TestApache_ReconfigWhileServersAreDown(t *testing.T) {
	t.Parallel()
	ens := zktest.RunEnsemble(t, 5, zktest.WithReconfig(), zktest.WithSuperuser("secret"))
	servers := ens.Servers()
	c := check.Connect(t, servers[0].Addr(), append(servers[0].Options(), superuser)...)
	rejoin := func() *future.Future[ensemble.Config] {
		return c.Reconfig(t.Context(), zkasync.Joining(servers[3].Member(ensemble.Participant), servers[4].Member(ensemble.Observer)))
	}
	servers[3].Stop()
	servers[4].Stop()
	reconfig(t, c, zkasync.Leaving(4, 5))
	servers[1].Stop()
	check.Value(t, c.CreateOrSet(t.Context(), "/normal", []byte("two of three")))
	check.Fails(t, rejoin(), zkasync.ErrNewConfigNoQuorum)
	servers[1].Start()
	check.Value(t, rejoin())
	servers[4].Start()
	if mode := servers[4].Mode(); mode != "observer" {
		t.Errorf("the server that was down is a %q", mode)
	}
	late := check.Connect(t, servers[4].Addr(), servers[4].Options()...)
	if got := shortly(check.Value(t, late.Config(t.Context()))); got != "1p 2p 3p 4p 5o" {
		t.Errorf("members %s at the server that was down", got)
	}
	if got := string(check.Value(t, late.Get(t.Context(), "/normal")).Data); got != "two of three" {
		t.Errorf("data %q at the server that was down", got)
	}
}

// freePort returns a port on which nobody listens.
func freePort(t interface{ Fatal(...any) }) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
