package zktest_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/ensemble"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// superuser makes a client one that may change the members of an ensemble.
var superuser = zkasync.WithAuth("digest", []byte("super:secret"))

// An ensemble in memory behaves like a real one: in what it refuses, in what it does, and in what becomes of a server that has
// left.
func TestReconfig_AsRealServersDo(t *testing.T) {
	t.Parallel()
	t.Run("zktest", func(t *testing.T) {
		ens := zktest.RunEnsemble(t, 3, zktest.WithReconfig(), zktest.WithSuperuser("secret"))
		four, five := ens.AddServer(), ens.AddServer()
		r := &reconfigured{t: t, connect: func(chroot string, opts ...zkasync.Option) *zkasync.Client {
			return check.Connect(t, ens.ConnectString()+chroot, append(ens.Options(), opts...)...)
		}, mode: func(id int64) string { return ens.Servers()[id-1].Mode() },
			at: func(id int64, opts ...zkasync.Option) *zkasync.Client {
				srv := ens.Servers()[id-1]
				return check.Connect(t, srv.Addr(), append(srv.Options(), opts...)...)
			}}
		r.four, r.five = four.Member(ensemble.Participant), five.Member(ensemble.Observer)
		r.play()
	})
	t.Run("real", func(t *testing.T) {
		ens := zkserver.RunEnsemble(t, zkserver.WithSuperuser("secret"))
		servers := ens.ConnectString()
		four, err := ens.Add(t.Context(), false)
		must(t, err)
		five, err := ens.Add(t.Context(), true)
		must(t, err)
		r := &reconfigured{t: t, connect: func(chroot string, opts ...zkasync.Option) *zkasync.Client {
			return check.Connect(t, servers+chroot, opts...)
		}, mode: func(id int64) string {
			srvr, err := ens.Servers()[id-1].FourLetter(t.Context(), "srvr")
			_, mode, _ := strings.Cut(srvr, "Mode: ")
			mode, _, _ = strings.Cut(mode, "\n")
			return strings.Join(append([]string{mode}, errorLines(err)...), " ")
		},
			at: func(id int64, opts ...zkasync.Option) *zkasync.Client {
				return check.Connect(t, ens.Servers()[id-1].Addr(), opts...)
			}}
		r.four, r.five = four.Member(), five.Member()
		r.play()
	})
}

func errorLines(err error) []string {
	if err == nil {
		return nil
	}
	return []string{err.Error()}
}

// reconfigured is an ensemble of three, with two servers that may join.
type reconfigured struct {
	t          *testing.T
	c, root    *zkasync.Client // with and without a chroot
	connect    func(chroot string, opts ...zkasync.Option) *zkasync.Client
	mode       func(id int64) string
	at         func(id int64, opts ...zkasync.Option) *zkasync.Client // connects to one server
	four, five string                                                 // their lines; five is an observer
}

func (r *reconfigured) play() {
	t := r.t
	r.c, r.root = r.connect("/app", superuser), r.connect("")
	first := check.Value(t, r.c.Config(t.Context()))
	if first.Version != 1<<32 {
		t.Errorf("version %#x at first", first.Version)
	}
	r.members("1p 2p 3p", "follower", "follower")

	check.Fails(t, r.root.Reconfig(t.Context(), zkasync.Joining(r.four)), zk.ErrNoAuth)
	r.refuses(zk.ErrBadVersion, zkasync.Joining(r.four), zkasync.FromVersion(first.Version+1))
	absent := make([]string, 4)
	for i := range absent {
		absent[i] = fmt.Sprintf("server.%d=10.0.0.%d:1:2;3", i+6, i+6)
	}
	r.refuses(zkasync.ErrNewConfigNoQuorum, zkasync.Joining(absent...))
	r.refuses(zk.ErrBadArguments, zkasync.Joining("server.6=10.0.0.6:1:2;3", "server.7=10.0.0.7:1:2;10.0.0.6:3", "server.8=10.0.0.7:2:4;5"))
	r.refuses(zk.ErrBadArguments, zkasync.Leaving(1, 2))
	r.refuses(zkasync.ErrNewConfigNoQuorum, zkasync.NewMembers(absent...))
	r.members("1p 2p 3p", "follower", "follower")

	r.does("1p 2p 3p 4p", zkasync.Joining(r.four), zkasync.FromVersion(first.Version))
	r.members("1p 2p 3p 4p", "follower", "follower")
	r.does("1p 2p 3p 4p 5o", zkasync.Joining(r.five))
	r.members("1p 2p 3p 4p 5o", "follower", "observer")
	r.does("1p 2p 3p 4p 5o", zkasync.Leaving(77))
	r.does("1p 2p 3p 4p 5o 6p", zkasync.Joining(absent[0])) // though nobody runs there
	if six, _ := check.Value(t, r.c.Config(t.Context())).Server(6); six.String() != "server.6=10.0.0.6:1:2:participant;0.0.0.0:3" {
		t.Errorf("a member that joined with a port for clients and no address is %s", six) // ReconfigTest.testUnspecifiedClientAddress
	}
	r.does("1p 2p 3p 4p 5o", zkasync.Leaving(6))
	r.does("1p 2p 3p 4o 5o", zkasync.Joining(r.observing(r.four)))

	whole := check.Value(t, r.c.Config(t.Context()))
	var lines []string
	for _, s := range whole.Servers {
		s.Role = ensemble.Participant
		lines = append(lines, s.String())
	}
	r.does("1p 2p 3p 4p 5p", zkasync.NewMembers(lines...))
	r.followerLeaves()
	r.followerObserves()
	r.leaderObserves()
	r.leaderMoves()
	r.leaderLeaves()
}

// refuses makes a reconfig that must be rejected.
func (r *reconfigured) refuses(want error, opts ...zkasync.ReconfigOption) {
	r.t.Helper()
	check.Fails(r.t, r.c.Reconfig(r.t.Context(), opts...), want)
}

// reconfig makes a reconfig that must succeed once enough of the new members follow the leader.
func reconfig(t *testing.T, c *zkasync.Client, opts ...zkasync.ReconfigOption) (now ensemble.Config) {
	t.Helper()
	var err error
	check.Until(t, "a quorum of the new members", func() bool {
		now, err = c.Reconfig(t.Context(), opts...).Get(t.Context())
		return !errors.Is(err, zkasync.ErrNewConfigNoQuorum)
	})
	if err != nil {
		t.Fatal(err)
	}
	return now
}

// does makes a reconfig that must lead to these members, with a later version than before.
func (r *reconfigured) does(members string, opts ...zkasync.ReconfigOption) {
	r.t.Helper()
	before := check.Value(r.t, r.c.Config(r.t.Context()))
	watched := check.Value(r.t, r.root.GetW(r.t.Context(), "/zookeeper/config"))
	if v := watched.Value.Stat.Version; v != -1 {
		r.t.Errorf("the znode has version %d", v)
	}
	now := reconfig(r.t, r.c, opts...)
	if got := shortly(now); got != members || now.Version <= before.Version {
		r.t.Errorf("members %s of version %#x after %#x, want %s", got, now.Version, before.Version, members)
	}
	if e := check.Value(r.t, watched.Event); e.Type != zk.EventNodeDataChanged {
		r.t.Errorf("event %v", e.Type)
	}
}

// members checks which members the client's server knows, and the modes of servers 4 and 5, whether they are members or not.
func (r *reconfigured) members(want, four, five string) {
	r.t.Helper()
	check.Value(r.t, r.c.Sync(r.t.Context(), "/"))
	if got := shortly(check.Value(r.t, r.c.Config(r.t.Context()))); got != want {
		r.t.Errorf("members %s, want %s", got, want)
	}
	check.Until(r.t, "the modes "+four+" and "+five, func() bool { return r.mode(4) == four && r.mode(5) == five })
}

// leaderLeaves makes the leader leave. It becomes a follower.
func (r *reconfigured) leaderLeaves() {
	var id int64
	r.deposes(func(leader ensemble.Server) zkasync.ReconfigOption {
		id = leader.ID
		return zkasync.Leaving(id)
	}, "follower")
	config := check.Value(r.t, r.c.Config(r.t.Context()))
	if _, member := config.Server(id); member || config.Participants() != 4 {
		r.t.Errorf("members %s, though %d has left", shortly(config), id)
	}
}

// observing returns a server's line with the role of an observer.
func (r *reconfigured) observing(line string) string {
	s, err := ensemble.ParseServer(line)
	must(r.t, err)
	s.Role = ensemble.Observer
	return s.String()
}

// shortly lists the members of a configuration, each with the first letter of its role.
func shortly(config ensemble.Config) string {
	var all []string
	for _, s := range config.Servers {
		all = append(all, fmt.Sprint(s.ID, s.Role.String()[:1]))
	}
	return strings.ReplaceAll(strings.ReplaceAll(strings.Join(all, ","), " ", ""), ",", " ")
}

// Only members count towards the quorum.
func TestReconfig_ChangesTheQuorum(t *testing.T) {
	t.Parallel()
	ens := zktest.RunEnsemble(t, 3, zktest.WithReconfig(), zktest.WithSuperuser("secret"))
	c := check.Connect(t, ens.ConnectString(), append(ens.Options(), superuser)...)
	servers := append(ens.Servers(), ens.AddServer(), ens.AddServer())
	leads := func() bool { return ens.Leader() != nil }
	servers[1].Stop()
	if !leads() {
		t.Error("two members of three, and two servers that are not members, have no leader")
	}
	servers[1].Start()
	check.Value(t, c.Reconfig(t.Context(), zkasync.Joining(servers[3].Member(ensemble.Participant), servers[4].Member(ensemble.Participant))))
	servers[0].Stop() // the leader
	servers[1].Stop()
	if !leads() {
		t.Error("three of five have no leader")
	}
	servers[4].Stop()
	if leads() {
		t.Error("two of five have a leader")
	}
	servers[4].Start()
	again := check.Connect(t, ens.ConnectString(), append(ens.Options(), superuser)...)
	check.Value(t, again.Reconfig(t.Context(), zkasync.Leaving(1, 2)))
	servers[4].Stop()
	if !leads() {
		t.Error("two of three have no leader")
	}
	servers[3].Stop()
	servers[0].Start()
	servers[1].Start()
	if leads() {
		t.Error("servers that have left count towards the quorum")
	}
}

// A snapshot contains a configuration, which is restored with it. With the snapshot of a standalone server, the ensemble keeps
// its own.
func TestReconfig_Snapshots(t *testing.T) {
	t.Parallel()
	ens := zktest.RunEnsemble(t, 3, zktest.WithReconfig(), zktest.WithSuperuser("secret"))
	c := check.Connect(t, ens.ConnectString(), append(ens.Options(), superuser)...)
	before := ens.Leader().Snapshot()
	check.Value(t, c.Reconfig(t.Context(), zkasync.Leaving(3)))
	ens.Leader().Restore(before)
	again := check.Connect(t, ens.ConnectString(), append(ens.Options(), superuser)...)
	if got := shortly(check.Value(t, again.Config(t.Context()))); got != "1p 2p 3p" {
		t.Errorf("members %s", got)
	}
	check.Value(t, again.Reconfig(t.Context(), zkasync.Leaving(3)))
	ens.Leader().Restore(zktest.Run(t).Snapshot())
	last := check.Connect(t, ens.ConnectString(), ens.Options()...)
	if got := shortly(check.Value(t, last.Config(t.Context()))); got != "1p 2p" {
		t.Errorf("members %s", got)
	}
}
