package zkasync_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/zkasync"
)

var threeServers = []string{"10.0.0.1:2181", "10.0.0.2:2181", "10.0.0.3:2181"}

const threeAddresses = "10.0.0.1,10.0.0.2,10.0.0.3"

// All servers are slow to answer a handshake. With default options, the client uses the first that answers, and leaves no session
// behind.
func TestSlowServers_SlowHandshakes(t *testing.T) {
	t.Parallel()
	for _, after := range []time.Duration{1500 * time.Millisecond, 2500 * time.Millisecond, 8 * time.Second} {
		t.Run(after.String(), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				f := newFleet(t)
				var peers []*zkpeer.Peer
				for _, addr := range threeServers {
					peers = append(peers, f.server(addr, f.slow(after)))
				}
				c := f.client(threeAddresses)
				if took := started(t, c); took != after {
					t.Errorf("took %v", took)
				}
				time.Sleep(after) // the others have answered
				synctest.Wait()
				connections := 0
				for _, p := range peers {
					connections += p.Accepted()
				}
				if ended := f.endedSessions(); ended != connections-1 || connections > 6 {
					t.Errorf("%d connections, %d sessions ended, want all but one, and not many", connections, ended)
				}
				if !c.Connected() {
					t.Errorf("state %v", c.State())
				}
			})
		})
	}
}

// The same at a reconnect: the session is offered to one server after the other, and survives.
func TestSlowServers_SlowHandshakesOfAReconnect(t *testing.T) {
	t.Parallel()
	for _, after := range []time.Duration{1500 * time.Millisecond, 2500 * time.Millisecond} {
		for name, frozen := range map[string]bool{"all": false, "one is frozen": true} {
			t.Run(after.String()+" "+name, func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					f := newFleet(t)
					cut := make(chan struct{})
					f.server(threeServers[0], cutWhen(cut), f.slow(after))
					f.server(threeServers[1], f.slow(after))
					f.server(threeServers[2], f.slow(after))
					if frozen {
						f.server(threeServers[1], (*zkpeer.Conn).Hold)
					}
					c := f.client(threeAddresses, zkasync.WithShuffle(false))
					started(t, c)
					id, changes, start := c.Session().ID, c.States(t.Context()), time.Now()
					close(cut)
					nextState(t, changes, zkasync.StateSuspended)
					if now := nextChange(t, changes); now.State != zkasync.StateConnected || now.SessionID != id {
						t.Errorf("%+v, want Connected in session %#x", now, id)
					}
					if took := time.Since(start); took > 9*time.Second {
						t.Errorf("took %v", took)
					}
					wantNode(t, c.Get(t.Context(), "/a"), "/a")
				})
			})
		}
	}
}

// A server's share of the time grows when handshakes are slow, and shrinks again.
func TestSlowServers_TheShareGrowsAndShrinks(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := newFleet(t)
		cuts := []chan struct{}{make(chan struct{}), make(chan struct{}), make(chan struct{})}
		slow := func(c *zkpeer.Conn) {
			c.ReadConnect()
			time.Sleep(3 * time.Second)
			cutWhen(cuts[1])(c)
		}
		f.server(threeServers[0], cutWhen(cuts[0]), slow,
			(*zkpeer.Conn).Hold, cutWhen(cuts[2]),
			(*zkpeer.Conn).Hold, zkpeer.Healthy)
		c := f.client(threeServers[0])
		started(t, c)
		changes := c.States(t.Context())
		const silent = 2 * time.Second // when the connection is cut
		const half, third = (zkasync.DefaultSessionTimeout - silent) / 2, zkasync.DefaultSessionTimeout / 3
		for i, want := range []time.Duration{
			3 * time.Second, // the slow handshake
			half,            // of what is left of the session: the share of a frozen server after a slow handshake
			third,           // the share of a frozen server after a quick handshake
		} {
			wantNode(t, c.Get(t.Context(), "/a"), "/a") // the server has heard of the session at this time, not only when the handshake began
			time.Sleep(silent)
			start := time.Now()
			close(cuts[i])
			nextState(t, changes, zkasync.StateConnected)
			if took := time.Since(start); took < want || took > want+100*time.Millisecond {
				t.Errorf("reconnect %d took %v, want %v", i, took, want)
			}
		}
	})
}

// A family of addresses that leads nowhere does not use up the time of the other.
func TestSlowServers_AnUnreachableFamily(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := newFleet(t)
		f.server("10.0.0.1:2181", zkpeer.Healthy)
		f.name("zk.test", named{addrs: []string{"2001:db8::1", "2001:db8::2", "10.0.0.1"}})
		if took := started(t, f.client("zk.test", zkasync.WithShuffle(false))); took != 600*time.Millisecond {
			t.Errorf("took %v, want 300ms for each address that leads nowhere", took)
		}
		if f.dials("[2001:db8::1]:2181") != 1 {
			t.Errorf("dialled %q", f.dialled)
		}
	})
}

// The client does not open more and more connections to a frozen server.
func TestSlowServers_AttemptsAreBounded(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := newFleet(t)
		p := f.server("10.0.0.1:2181", (*zkpeer.Conn).Drain)
		c := f.client("10.0.0.1")
		c.StartAsync()
		time.Sleep(10 * time.Minute)
		if n := p.Accepted(); n > 30 {
			t.Errorf("%d connections in 10 minutes", n)
		}
		if n := p.Open(); n > 3 {
			t.Errorf("%d connections are open", n)
		}
	})
}
