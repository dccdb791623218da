package zkasync_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/zkasync"
)

// sickServers are the ways in which the server at the first address of a name can be useless.
var sickServers = map[string]struct {
	script zkpeer.Script // nil: packets are swallowed
	costs  time.Duration // with a connect timeout of a second
}{
	"frozen":           {(*zkpeer.Conn).Hold, time.Second},
	"answers nothing":  {(*zkpeer.Conn).Drain, time.Second},
	"without a quorum": {hangsUp, 0},
	"hangs up":         {func(*zkpeer.Conn) {}, 0},
	"unroutable":       {nil, 300 * time.Millisecond},
}

// Each address of a name counts as a server, with a share of the time of its own.
func TestAddresses_EveryAddressOfANameIsTried(t *testing.T) {
	t.Parallel()
	for name, sick := range sickServers {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				f := newFleet(t)
				for _, addr := range []string{"10.0.0.1:2181", "10.0.0.2:2181"} {
					if sick.script != nil {
						f.server(addr, sick.script)
					}
				}
				f.server("10.0.0.3:2181", zkpeer.Healthy)
				f.name("zk.test", named{addrs: []string{"10.0.0.1", "10.0.0.2", "10.0.0.3"}})
				c := f.client("zk.test", zkasync.WithShuffle(false), zkasync.WithConnectTimeout(time.Second))
				if took := started(t, c); took > 2*sick.costs {
					t.Errorf("took %v, want at most %v", took, 2*sick.costs)
				}
				wantNode(t, c.Get(t.Context(), "/a"), "/a")
			})
		})
	}
}

// The same with a server that fails while a client is connected: the session goes on at the next address.
func TestAddresses_AnAddressGoesBadUnderAClient(t *testing.T) {
	t.Parallel()
	for name, sick := range sickServers {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				f := newFleet(t)
				cut := make(chan struct{})
				f.server("10.0.0.1:2181", cutWhen(cut), sick.script)
				f.server("10.0.0.2:2181", sick.script)
				if sick.script == nil {
					f.server("10.0.0.1:2181", cutWhen(cut))
					delete(f.servers, "10.0.0.2:2181")
				}
				f.server("10.0.0.3:2181", zkpeer.Healthy)
				f.name("zk.test", named{addrs: []string{"10.0.0.1", "10.0.0.2", "10.0.0.3"}})
				c := f.client("zk.test", zkasync.WithShuffle(false))
				started(t, c)
				id, changes, start := c.Session().ID, c.States(t.Context()), time.Now()
				close(cut)
				nextState(t, changes, zkasync.StateSuspended)
				if now := nextState(t, changes, zkasync.StateConnected); now.SessionID != id {
					t.Errorf("session %#x, want %#x", now.SessionID, id)
				}
				if took := time.Since(start); took > zkasync.DefaultSessionTimeout/3 {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

func TestAddresses_ClientsSpreadOverTheAddresses(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := newFleet(t)
		addrs := []string{"10.0.0.1", "10.0.0.2", "10.0.0.3"}
		var peers []*zkpeer.Peer
		for _, addr := range addrs {
			peers = append(peers, f.server(addr+":2181", zkpeer.Healthy))
		}
		f.name("zk.test", named{addrs: addrs})
		const clients = 60 // the probability that one of three addresses gets none is 8e-11
		for range clients {
			started(t, f.client("zk.test"))
		}
		for i, p := range peers {
			if p.Accepted() == 0 {
				t.Errorf("no client of %d is on %s", clients, addrs[i])
			}
		}
	})
}

// A name that is resolved slowly, or never, delays nobody. When the name service is down, the client uses the addresses that it
// knows from before.
func TestAddresses_NamesTakeTheirTime(t *testing.T) {
	t.Parallel()
	const never = time.Hour
	for name, test := range map[string]struct {
		servers string
		names   map[string]named
		most    time.Duration
	}{
		"one name, slow":             {"b.test", map[string]named{"b.test": {after: 1300 * time.Millisecond}}, 1300 * time.Millisecond},
		"beside one that is slow":    {"a.test,b.test", map[string]named{"a.test": {after: 5 * time.Second}, "b.test": {}}, 200 * time.Millisecond},
		"beside one without answer":  {"a.test,b.test", map[string]named{"a.test": {after: never}, "b.test": {}}, 200 * time.Millisecond},
		"beside one that is unknown": {"a.test,b.test", map[string]named{"b.test": {}}, 0},
		"beside an address":          {"a.test,10.0.0.1", map[string]named{"a.test": {after: never}}, 200 * time.Millisecond},
		"an address":                 {"10.0.0.1", nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				f := newFleet(t)
				f.server("10.0.0.1:2181", zkpeer.Healthy)
				for host, to := range test.names {
					to.addrs = []string{"10.0.0.1"}
					f.name(host, to)
				}
				c := f.client(test.servers)
				if took := started(t, c); took > test.most {
					t.Errorf("took %v, want at most %v", took, test.most)
				}
			})
		})
	}
}

func TestAddresses_TheNameServiceIsDownAtAReconnect(t *testing.T) {
	t.Parallel()
	for name, to := range map[string]named{
		"it fails":           {err: errors.New("server misbehaving")},
		"it answers nothing": {after: time.Hour},
		"it has no address":  {},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				f := newFleet(t)
				cut := make(chan struct{})
				f.server("10.0.0.1:2181", cutWhen(cut), zkpeer.Healthy)
				f.name("zk.test", named{addrs: []string{"10.0.0.1"}})
				c := f.client("zk.test")
				started(t, c)
				time.Sleep(2 * time.Second)
				f.name("zk.test", to)
				changes, start := c.States(t.Context()), time.Now()
				close(cut)
				nextState(t, changes, zkasync.StateConnected)
				if took := time.Since(start); took > 200*time.Millisecond {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

// Names are resolved anew at each pass: a server may have moved.
func TestAddresses_AreResolvedAnew(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := newFleet(t)
		cut := make(chan struct{})
		f.server("10.0.0.1:2181", cutWhen(cut), func(*zkpeer.Conn) {})
		f.server("10.0.0.2:2181", zkpeer.Healthy)
		f.name("zk.test", named{addrs: []string{"10.0.0.1"}})
		c := f.client("zk.test")
		started(t, c)
		id, changes := c.Session().ID, c.States(t.Context())
		time.Sleep(2 * time.Second)
		f.name("zk.test", named{addrs: []string{"10.0.0.2"}, after: time.Second}) // later than the addresses of before are tried
		start := time.Now()
		close(cut)
		if now := nextState(t, changes, zkasync.StateConnected); now.SessionID != id {
			t.Errorf("session %#x, want %#x", now.SessionID, id)
		}
		if took := time.Since(start); took < time.Second || took > 2*time.Second {
			t.Errorf("took %v", took)
		}
		if server := c.Conn().Server(); server != "10.0.0.2:2181" {
			t.Errorf("go-zookeeper was told of %s", server)
		}
	})
}

// The error of Start names the address that has failed and its name, or the name that is still being resolved.
func TestAddresses_AreNamedInErrors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		names named
		want  string
	}{
		"no quorum":   {named{addrs: []string{"10.0.0.1"}}, "handshake with zk.test:2181 (10.0.0.1:2181): EOF"},
		"swallowed":   {named{addrs: []string{"10.0.0.9"}}, "connecting to zk.test:2181 (10.0.0.9:2181): no answer within"},
		"no address":  {named{}, "look up zk.test: the name has no addresses"},
		"name failed": {named{err: errors.New("server misbehaving")}, "look up zk.test: server misbehaving"},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				f := newFleet(t)
				f.server("10.0.0.1:2181", hangsUp)
				f.name("zk.test", test.names)
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				err := f.client("zk.test").Start(ctx)
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("%v, want %q in it", err, test.want)
				}
			})
		})
	}
}

// A user's dialer may go through a proxy that resolves names itself.
func TestAddresses_ADialerGetsTheNamesAsGiven(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := zkpeer.Pipes(t, zkpeer.Healthy)
		asked := make(chan string, 10)
		c := connect(t, "no-such-host.invalid:2182,[fe80::1%eth0]:2183", zkasync.WithShuffle(false),
			zkasync.WithDialer(func(ctx context.Context, network, addr string) (net.Conn, error) {
				asked <- addr
				if len(asked) == 1 {
					return nil, errors.New("refused")
				}
				return p.Dial(ctx, network, addr)
			}))
		got := []string{<-asked, <-asked}
		if want := []string{"no-such-host.invalid:2182", "[fe80::1%eth0]:2183"}; !slices.Equal(got, want) {
			t.Errorf("dialled %q, want %q", got, want)
		}
		wantNode(t, c.Get(t.Context(), "/a"), "/a")
	})
}

// Each of many addresses gets its turn, in the order of the list if that is not shuffled.
func TestAddresses_AHundred(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := newFleet(t)
		var addrs, want []string
		for i := range 100 {
			addr := net.IPv4(10, 0, 1, byte(i)).String()
			addrs, want = append(addrs, addr), append(want, addr+":2181")
			f.server(addr+":2181", hangsUp)
		}
		f.server(want[99], zkpeer.Healthy)
		f.name("zk.test", named{addrs: addrs})
		if took := started(t, f.client("zk.test", zkasync.WithShuffle(false))); took != 0 {
			t.Errorf("took %v", took)
		}
		if !slices.Equal(f.dialled, want) {
			t.Errorf("dialled %q", f.dialled)
		}
	})
}

func TestUpdateServers_WithNames(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := newFleet(t)
		f.server("10.0.0.1:2181", zkpeer.Healthy)
		f.server("10.0.0.2:2181", hangsUp)
		f.server("10.0.0.3:2181", zkpeer.Healthy)
		f.name("old.test", named{addrs: []string{"10.0.0.1"}})
		f.name("new.test", named{addrs: []string{"10.0.0.2", "10.0.0.3"}})
		c := f.client("old.test")
		started(t, c)
		id, changes := c.Session().ID, c.States(t.Context())
		if err := c.UpdateServers("new.test"); err != nil {
			t.Fatal(err)
		}
		if now := nextState(t, changes, zkasync.StateConnected); now.SessionID != id {
			t.Errorf("session %#x, want %#x", now.SessionID, id)
		}
		if server := c.Conn().Server(); server != "10.0.0.3:2181" {
			t.Errorf("moved to %s", server)
		}
	})
}

// The list changes while no server of the old list can be reached.
func TestUpdateServers_WhileServersAreSought(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := newFleet(t)
		f.server("10.0.0.1:2181", hangsUp)
		f.server("10.0.0.2:2181", zkpeer.Healthy)
		f.name("old.test", named{addrs: []string{"10.0.0.1"}})
		f.name("gone.test", named{after: time.Hour})
		f.name("new.test", named{addrs: []string{"10.0.0.2"}})
		c := f.client("old.test,gone.test")
		start := c.StartAsync()
		time.Sleep(20 * time.Second)
		before := f.dials("10.0.0.1:2181")
		if err := c.UpdateServers("new.test"); err != nil {
			t.Fatal(err)
		}
		must(t, start)
		if n := f.dials("10.0.0.1:2181") - before; n > 1 {
			t.Errorf("the old server was tried %d times more", n)
		}
	})
}
