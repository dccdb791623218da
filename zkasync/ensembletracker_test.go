package zkasync_test

import (
	"context"
	"crypto/tls"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/ensemble"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// configured is what a fleet's servers have for a configuration.
type configured struct {
	mu    sync.Mutex
	text  string
	code  int32
	conns map[*zkpeer.Conn]bool
}

// serves is the script of a server that has the configuration.
func (k *configured) serves(c *zkpeer.Conn) {
	k.mu.Lock()
	if k.conns == nil {
		k.conns = make(map[*zkpeer.Conn]bool)
	}
	k.conns[c] = true // before the client can know of it
	k.mu.Unlock()
	if !c.Accept() {
		return
	}
	c.Serve(func(r zkpeer.Request) bool {
		if r.Op != wire.OpGetData || r.Path != "/zookeeper/config" {
			return false
		}
		k.mu.Lock()
		text, code := k.text, k.code
		k.mu.Unlock()
		if code != 0 {
			return c.Refuse(r, code)
		}
		st := zkpeer.Stat(r.Path)
		return c.Reply(r, wire.AppendStat(wire.AppendBuffer(nil, []byte(text)), &st))
	})
}

// cut ends all connections.
func (k *configured) cut() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for c := range k.conns {
		c.Cut()
	}
	clear(k.conns)
}

// changes has the servers tell of another configuration.
func (k *configured) changes(text string) {
	k.mu.Lock()
	k.text = text
	conns := maps.Clone(k.conns)
	k.mu.Unlock()
	for c := range conns {
		c.Event(wire.WatchEvent{Type: 3, State: 3, Path: "/zookeeper/config"})
	}
}

// Where a client turns to after it has read a configuration: it was given one server, which is lost.
func TestEnsembleTracker_WhereAClientTurnsTo(t *testing.T) {
	t.Parallel()
	const given, other, third = "10.0.0.1:2181", "10.0.0.2:2181", "10.0.0.3:2181"
	for name, test := range map[string]struct {
		text string
		code int32
		opts []zkasync.Option
		want []string // in the first pass
	}{
		"others":         {text: "server.2=10.0.0.2:1:2;2181\nserver.3=z:1:2:observer;10.0.0.3:2181\nversion=1", want: []string{other, third}},
		"wildcards":      {text: "server.2=10.0.0.2:1:2;0.0.0.0:2181\nserver.3=10.0.0.3:1:2;[::]:2181\nversion=0", want: []string{other, third}},
		"some ports":     {text: "server.1=10.0.0.1:1:2\nserver.2=10.0.0.2:1:2;2181\nversion=1", want: []string{given, other}},
		"no ports":       {text: "server.1=10.0.0.1:1:2\nserver.2=10.0.0.2:1:2\nversion=1", want: []string{given}},
		"unusable":       {text: "server.1=0.0.0.0:1:2;2181\nversion=1", want: []string{given}},
		"standalone":     {text: "", want: []string{given}},
		"malformed":      {text: "server.1=here\nversion=1", want: []string{given}},
		"may not read":   {code: wire.CodeNoAuth, want: []string{given}},
		"before 3.5":     {code: wire.CodeNoNode, want: []string{given}},
		"not followed":   {text: "server.2=10.0.0.2:1:2;2181\nversion=1", opts: []zkasync.Option{zkasync.WithEnsembleTracker(false)}, want: []string{given}},
		"below a chroot": {text: "server.2=10.0.0.2:1:2;2181\nversion=1", want: []string{other}},
	} {
		inBubbleNamed(t, name, func(t *testing.T) {
			f, k := newFleet(t), &configured{text: test.text, code: test.code}
			for _, addr := range []string{given, other, third} {
				f.server(addr, k.serves)
			}
			servers := given
			if strings.Contains(name, "chroot") {
				servers += "/app"
			}
			c := f.client(servers, append([]zkasync.Option{zkasync.WithEnsembleTracker(true)}, test.opts...)...)
			started(t, c)
			time.Sleep(2 * time.Second)
			if n := f.dials(given); n != 1 || c.State() != zkasync.StateConnected {
				t.Errorf("%d connections to the server that was given; state %v", n, c.State())
			}
			var found []string
			for range 40 { // the order is drawn
				changes := c.States(t.Context())
				k.cut()
				nextState(t, changes, zkasync.StateConnected)
				time.Sleep(2 * time.Second)
				if server := c.Conn().Server(); !slices.Contains(found, server) {
					found = append(found, server)
				}
			}
			if slices.Sort(found); !slices.Equal(found, test.want) {
				t.Errorf("turned to %q, want %q", found, test.want)
			}
		})
	}
}

// Addresses that a client cannot reach cost it a pass, not the session.
func TestEnsembleTracker_FallsBackOnWhatWasGiven(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f, k := newFleet(t), &configured{text: "server.2=10.9.9.8:1:2;2181\nserver.3=10.9.9.9:1:2;2181\nversion=1"}
		f.server("10.0.0.1:2181", k.serves)
		c := f.client("10.0.0.1:2181", zkasync.WithEnsembleTracker(true))
		started(t, c)
		time.Sleep(2 * time.Second)
		id, changes := c.Session().ID, c.States(t.Context())
		k.cut()
		if now := nextState(t, changes, zkasync.StateConnected); now.SessionID != id {
			t.Errorf("session %#x, want %#x", now.SessionID, id)
		}
		if f.dials("10.9.9.8:2181") == 0 || f.dials("10.9.9.9:2181") == 0 {
			t.Error("the servers of the configuration were not tried")
		}
	})
}

// A client leaves a server that has left the ensemble, also one that it has by a name of its own.
func TestEnsembleTracker_LeavesAServerThatHasLeft(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		const all = "server.1=10.0.0.1:1:2;2181\nserver.2=10.0.0.2:1:2;2181\nversion=1"
		f, k := newFleet(t), &configured{text: all}
		f.server("10.0.0.1:2181", k.serves)
		f.server("10.0.0.2:2181", k.serves)
		f.name("zk.test", named{addrs: []string{"10.0.0.1"}})
		c := f.client("zk.test", zkasync.WithEnsembleTracker(true))
		started(t, c)
		time.Sleep(2 * time.Second)
		changes := c.States(t.Context())
		k.changes("server.2=10.0.0.2:1:2;2181\nversion=2")
		nextState(t, changes, zkasync.StateConnected)
		if server := c.Conn().Server(); server != "10.0.0.2:2181" {
			t.Errorf("on %s", server)
		}
	})
}

// A client whose server no configuration has had stays there: the ensemble may know it by another name.
func TestEnsembleTracker_StaysOnAServerThatItDoesNotKnow(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f, k := newFleet(t), &configured{text: "server.2=10.0.0.2:1:2;2181\nversion=1"}
		for _, addr := range []string{"10.0.0.1:2181", "10.0.0.2:2181", "10.0.0.3:2181"} {
			f.server(addr, k.serves)
		}
		c := f.client("10.0.0.1", zkasync.WithEnsembleTracker(true))
		started(t, c)
		time.Sleep(2 * time.Second)
		k.changes("server.2=10.0.0.2:1:2;2181\nserver.3=10.0.0.3:1:2;2181\nversion=2")
		time.Sleep(2 * time.Second)
		if server := c.Conn().Server(); server != "10.0.0.1:2181" || f.dials(server) != 1 {
			t.Errorf("on %s, dialled %d times", server, f.dials(server))
		}
		changes := c.States(t.Context())
		k.cut()
		nextState(t, changes, zkasync.StateConnected)
		if server := c.Conn().Server(); server == "10.0.0.1:2181" {
			t.Errorf("on %s, though the configuration has others", server)
		}
	})
}

// With TLS the addresses are those for TLS, however the client was told to use it; if there are none, nothing changes.
func TestEnsembleTracker_TLS(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t, zktest.WithTLS(false))
	given, err := srv.Listen("127.0.0.1:0")
	mustDo(t, err)
	secure, err := srv.Listen("127.0.0.1:0")
	mustDo(t, err)
	var config atomic.Pointer[string]
	srv.Intercept(func(r zktest.Request) zktest.Action {
		if r.Op != zktest.OpGetData || r.Path != "/zookeeper/config" {
			return zktest.Action{}
		}
		return zktest.Answer(wire.AppendStat(wire.AppendBuffer(nil, []byte(*config.Load())), &zk.Stat{}))
	})
	with, without := "server.1=127.0.0.1:1:2;"+nowhere+";"+secure+"\nversion=1", "server.1=127.0.0.1:1:2;"+nowhere+"\nversion=1"
	asFunc := zkasync.WithTLSFunc(func(context.Context) (*tls.Config, error) { return srv.TLSConfig(), nil })
	for _, test := range []struct {
		text string
		opt  zkasync.Option
		want string
	}{{with, zkasync.WithTLS(srv.TLSConfig()), secure}, {with, asFunc, secure}, {without, asFunc, given}} {
		config.Store(&test.text)
		var dialled journal
		c := connect(t, given, test.opt, zkasync.WithCoalescedReads(false), zkasync.WithEnsembleTracker(true),
			zkasync.WithDialer(func(ctx context.Context, network, address string) (net.Conn, error) {
				dialled.add(address)
				return new(net.Dialer).DialContext(ctx, network, address)
			}))
		must(t, c.Config(t.Context())) // the tracker has asked before
		must(t, c.Get(t.Context(), "/"))
		poll(t, "the servers of the configuration", func() bool {
			dialled.clear()
			changes := c.States(t.Context())
			srv.Drop(c.Session().ID)
			nextState(t, changes, zkasync.StateConnected)
			return c.Conn().Server() == test.want
		})
		if got := dialled.all(); !slices.Equal(got, []string{test.want}) {
			t.Errorf("dialled %q, want %q", got, test.want)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

// The watch on the configuration lies outside of a chroot. It is restored on each connection, and the client learns of servers
// that join afterwards without another one.
func TestEnsembleTracker_BelowAChrootAfterAReconnect(t *testing.T) {
	t.Parallel()
	ens := zktest.RunEnsemble(t, 3, zktest.WithReconfig(), zktest.WithSuperuser("secret"))
	opts := append(ens.Options(), zkasync.WithAuth("digest", []byte("super:secret")))
	admin := connect(t, ens.ConnectString(), opts...)
	must(t, admin.EnsurePath(t.Context(), "/app/deep"))
	c := connect(t, ens.ConnectString()+"/app", append(opts, zkasync.WithEnsembleTracker(true), zkasync.WithRetry(zkasync.RetryPolicy{}))...)
	live := view(t, c, "/deep").WatchConfig(t.Context())
	members := func(n int) {
		t.Helper()
		poll(t, "the configuration", func() bool {
			now, known := live.Latest()
			return known && len(now.Value.Servers) == n
		})
	}
	members(3)
	id, changes := c.Session().ID, c.States(t.Context())
	for _, s := range ens.Servers() {
		s.Drop(id)
	}
	nextState(t, changes, zkasync.StateConnected)
	must(t, c.Get(t.Context(), "/"))
	var joining []string
	for range 3 {
		joining = append(joining, ens.AddServer().Member(ensemble.Participant))
	}
	must(t, admin.Reconfig(t.Context(), zkasync.Joining(joining...)))
	members(6)
	for _, s := range ens.Servers()[:3] { // those that the client was given
		s.Refuse(true)
		s.Drop(id)
	}
	must(t, c.Exists(t.Context(), "/deep")) // on a server that has joined
	if now := c.Session().ID; now != id {
		t.Errorf("session %#x became %#x", id, now)
	}
}

// A client that was given one server of an ensemble finds those that join, on any chroot, when all that it began with have
// left and are gone.
func TestEnsembleTracker_FollowsAnEnsemble(t *testing.T) {
	t.Parallel()
	for _, chroot := range []string{"", "/app", "/zookeeper"} {
		ens := zktest.RunEnsemble(t, 3, zktest.WithReconfig(), zktest.WithSuperuser("secret"))
		opts := append(ens.Options(), zkasync.WithAuth("digest", []byte("super:secret")), zkasync.WithEnsembleTracker(true))
		c := connect(t, ens.Servers()[0].Addr()+chroot, opts...)
		live := c.WatchConfig(t.Context())
		id := c.Session().ID
		var joining []string
		for range 3 {
			joining = append(joining, ens.AddServer().Member(ensemble.Participant))
		}
		must(t, c.Reconfig(t.Context(), zkasync.Joining(joining...)))
		fails(t, c.Reconfig(t.Context(), zkasync.Leaving(1, 2, 3)), zkasync.ErrOutcomeUnknown) // the leader leaves
		poll(t, "the configuration", func() bool {
			now, known := live.Latest()
			return known && len(now.Value.Servers) == 3 && now.Value.Servers[0].ID == 4
		})
		for _, s := range ens.Servers()[:3] {
			s.Stop()
		}
		must(t, c.WhoAmI(t.Context()))
		if now := c.Session().ID; now != id {
			t.Errorf("chroot %q: session %#x became %#x", chroot, id, now)
		}
	}
}
