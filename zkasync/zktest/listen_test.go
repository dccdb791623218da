package zktest_test

import (
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/ensemble"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// listen makes a server listen on a free port.
func listen(t testing.TB, srv *zktest.Server, host string) (addr string) {
	t.Helper()
	addr, err := srv.Listen(net.JoinHostPort(host, "0"))
	must(t, err)
	return addr
}

// A client in another process reads addresses from the configuration to which it can connect, and learns when there are new ones.
func TestListen_ClientsFollowTheConfiguration(t *testing.T) {
	t.Parallel()
	ens := zktest.RunEnsemble(t, 3)
	servers := ens.Servers()
	var want []string
	for _, srv := range servers[:2] {
		want = append(want, listen(t, srv, "127.0.0.1"))
	}
	outside := check.Connect(t, want[0], zkasync.WithEnsembleTracker(true))
	inside := check.Connect(t, servers[0].Addr(), append(ens.Options(), zkasync.WithEnsembleTracker(true))...)
	clients := []*zkasync.Client{outside, inside}
	configs := []*zkasync.Live[ensemble.Config]{outside.WatchConfig(t.Context()), inside.WatchConfig(t.Context())}
	want = append(want, listen(t, servers[2], "127.0.0.1"))
	for i, c := range clients {
		check.Until(t, "the third address in the configuration", func() bool {
			latest, _ := configs[i].Latest()
			addrs, complete := latest.Value.ClientAddrs()
			return complete && slices.Equal(addrs, want)
		})
		check.Value(t, c.Config(t.Context())) // the tracker has asked before
	}
	for _, c := range clients {
		session := c.Session().ID
		for _, srv := range servers[:2] { // only the third one remains for clients
			srv.Refuse(true)
			srv.Drop()
		}
		check.Until(t, "another server", func() bool { return c.Connected() && c.Conn().Server() == want[2] })
		if c.Session().ID != session {
			t.Error("the session was lost")
		}
		for _, srv := range servers[:2] {
			srv.Refuse(false)
		}
	}
}

// A server that listens on all addresses is in the configuration with one that a client can use.
func TestListen_OnAllAddresses(t *testing.T) {
	t.Parallel()
	ens := zktest.RunEnsemble(t, 3)
	follower := ens.Followers()[0]
	_, port, err := net.SplitHostPort(listen(t, follower, ""))
	must(t, err)
	addr := net.JoinHostPort("127.0.0.1", port)
	c := check.Connect(t, addr)
	member, _ := check.Value(t, c.Config(t.Context())).Server(int64(follower.Number()))
	if member.Client != addr {
		t.Errorf("the client address is %q, want %q", member.Client, addr)
	}
	if line := follower.Member(ensemble.Participant); !strings.HasSuffix(line, ";"+addr) {
		t.Errorf("its line is %q", line)
	}
	check.Connect(t, addr, ens.Options()...) // in memory
}

// A snapshot from before does not bring the old addresses back.
func TestListen_RestoredConfiguration(t *testing.T) {
	t.Parallel()
	ens := zktest.RunEnsemble(t, 3)
	leader := ens.Leader()
	before := leader.Snapshot()
	addr := listen(t, leader, "127.0.0.1")
	leader.Restore(before)
	for _, srv := range ens.Servers() {
		config := check.Value(t, of(t, srv).Config(t.Context()))
		if member, _ := config.Server(int64(leader.Number())); member.Client != addr {
			t.Errorf("server %d has the client address %q, want %q", srv.Number(), member.Client, addr)
		}
	}
}

// The address stays as the ensemble was told by a reconfig.
func TestListen_AfterAReconfig(t *testing.T) {
	t.Parallel()
	ens := zktest.RunEnsemble(t, 3, zktest.WithReconfig(), zktest.WithSuperuser("secret"))
	c := check.Connect(t, ens.ConnectString(), append(ens.Options(), superuser)...)
	four := ens.AddServer()
	addr := listen(t, four, "127.0.0.1")
	joined := check.Value(t, c.Reconfig(t.Context(), zkasync.Joining(four.Member(ensemble.Observer))))
	if s, _ := joined.Server(4); s.Client != addr {
		t.Errorf("server 4 is %+v, want it at %s", s, addr)
	}
	moved := check.Value(t, c.Reconfig(t.Context(), zkasync.Joining("server.1=192.0.2.1:2888:3888:participant;front.example:2181")))
	listen(t, ens.Servers()[0], "127.0.0.1")
	now := check.Value(t, c.Config(t.Context()))
	if got := now.String(); got != moved.String() {
		t.Errorf("configuration\n%s\nwant\n%s", got, moved.String())
	}
}
