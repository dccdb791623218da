package zkasync_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
)

// The client is Suspended, and the server can be reached again. Close ends the session there: its ephemeral znode is gone when
// Close returns.
func TestClose_EndsTheSessionOfALostConnection(t *testing.T) {
	t.Parallel()
	root := sharedRoot(t)
	watcher := connect(t, root)
	var v valve
	c := connect(t, root, zkasync.WithDialer(v.dial))
	must(t, c.Create(t.Context(), "/owned", nil, zkasync.Ephemeral()))
	changes := c.States(testContext(t))
	v.set(true)
	nextState(t, changes, zkasync.StateSuspended)
	poll(t, "attempts, with pauses between them", func() bool { return v.refusals() > 4 })
	v.set(false)
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if closed := nextState(t, changes, zkasync.StateClosed); closed.Err != nil {
		t.Errorf("closed: %v", closed.Err)
	}
	if must(t, watcher.Exists(t.Context(), "/owned")) != nil {
		t.Error("the session still exists at the server")
	}
}

// closedErr closes a client and returns what its Closed state says.
func closedErr(t *testing.T, c *zkasync.Client) (took time.Duration, err error) {
	t.Helper()
	changes, start := c.States(t.Context()), time.Now()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	closed := nextState(t, changes, zkasync.StateClosed)
	return time.Since(start), closed.Err
}

// The server that the client is connected to is frozen. Close ends the session at the other one.
func TestClose_UnderAFrozenServer(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := newFleet(t)
		f.server(threeServers[0], func(c *zkpeer.Conn) { c.Accept(); c.Drain() })
		f.server(threeServers[1], f.slow(0))
		f.server(threeServers[2], (*zkpeer.Conn).Hold)
		c := f.client(threeAddresses, zkasync.WithShuffle(false))
		started(t, c)
		took, err := closedErr(t, c)
		if err != nil || f.endedSessions() != 1 {
			t.Errorf("closed: %v, %d sessions ended", err, f.endedSessions())
		}
		if took > 1100*time.Millisecond {
			t.Errorf("took %v", took)
		}
	})
}

// The error of the state Closed says what is known about the session, and Close takes bounded time.
func TestClose_WithoutAServer(t *testing.T) {
	t.Parallel()
	answers := func(r wire.ConnectResponse) zkpeer.Script {
		return func(c *zkpeer.Conn) { c.AcceptWith(r); c.Drain() }
	}
	for name, test := range map[string]struct {
		script zkpeer.Script // nil: packets are swallowed
		want   string        // "": the session has ended
		most   time.Duration
	}{
		"unroutable":        {nil, "deadline exceeded", 1250 * time.Millisecond},
		"hangs up":          {hangsUp, "EOF", 600 * time.Millisecond},
		"frozen":            {(*zkpeer.Conn).Drain, "i/o timeout", 1250 * time.Millisecond},
		"ignores the close": {func(c *zkpeer.Conn) { c.Accept(); c.Drain() }, "i/o timeout", 1250 * time.Millisecond},
		"expired":           {answers(wire.ConnectResponse{}), "", 0},
		"another session":   {grantsOther(0x99, false, serves), "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				f := newFleet(t)
				cut, gone := make(chan struct{}), make(chan struct{})
				f.server(threeServers[0], cutWhen(cut), func(c *zkpeer.Conn) {
					select {
					case <-gone:
						test.script(c)
					default:
						hangsUp(c) // so that the client stays Suspended
					}
				})
				c := f.client(threeServers[0])
				started(t, c)
				changes := c.States(t.Context())
				close(cut)
				nextState(t, changes, zkasync.StateSuspended)
				time.Sleep(time.Second)
				if test.script == nil {
					f.gone(threeServers[0])
				}
				close(gone)
				took, err := closedErr(t, c)
				switch {
				case test.want == "" && err != nil:
					t.Errorf("closed: %v, although the session has ended", err)
				case test.want != "" && (err == nil || !errors.Is(err, zkasync.ErrClosed) || !strings.Contains(err.Error(), test.want)):
					t.Errorf("closed: %v, want %q in it", err, test.want)
				}
				if took > test.most {
					t.Errorf("took %v, want at most %v", took, test.most)
				}
			})
		})
	}
}

// The client must not end another client's session that it has been given but never got.
func TestClose_EndsNoSessionThatItNeverHad(t *testing.T) {
	t.Parallel()
	s := zkserver.Shared(t)
	first := connect(t, s.Addr())
	session := first.Session()
	var v valve
	v.set(true)
	second, err := zkasync.New(s.Addr(), zkasync.WithSession(session), zkasync.WithDialer(v.dial))
	mustDo(t, err)
	second.StartAsync()
	poll(t, "an attempt", func() bool { return v.refusals() > 0 })
	mustDo(t, second.Close())
	must(t, first.Exists(t.Context(), "/"))
	if first.Session().ID != session.ID || !first.Connected() {
		t.Error("the session was ended")
	}
}

// The connection by which a stop ends the session elsewhere carries no credentials. Servers that do not demand any end the session, whatever
// the client had; those that do refuse, so the session ends by its timeout, and the Closed state says so.
func TestClose_OfAClientWithCredentials(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		opts  []zkserver.Option
		as    zkasync.Option
		stays bool
	}{
		"digest":           {as: zkasync.WithAuth("digest", []byte(userPassword))},
		"digest, demanded": {[]zkserver.Option{zkserver.WithEnforcedAuth("digest")}, zkasync.WithAuth("digest", []byte(userPassword)), true},
		"sasl":             {[]zkserver.Option{zkserver.WithDigestMD5(realUsers)}, asBob(), false},
		"sasl, demanded":   {[]zkserver.Option{zkserver.WithDigestMD5(realUsers), zkserver.WithRequiredSASL()}, asBob(), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			zkserver.Needs(t, "3.7", "the enforcement of authentication (ZOOKEEPER-3561)")
			srv := check.Process(t, "its own session tracking is the subject", test.opts...)
			var v valve
			c := connect(t, srv.Addr(), test.as, zkasync.WithDialer(v.dial))
			must(t, c.Create(t.Context(), "/e", nil, zkasync.Ephemeral()))
			witness := connect(t, srv.Addr(), test.as)
			gone := must(t, witness.ExistsW(t.Context(), "/e")).Event
			changes := c.States(testContext(t))
			v.set(true)
			nextState(t, changes, zkasync.StateSuspended)
			poll(t, "attempts", func() bool { return v.refusals() > 0 })
			stopped := c.StopAsync()
			v.set(false) // from here on, only the stop connects
			must(t, stopped)
			err := nextState(t, changes, zkasync.StateClosed).Err
			if (err != nil) != test.stays {
				t.Errorf("the Closed state has %v", err)
			}
			if !test.stays {
				must(t, gone)
			} else if must(t, witness.Exists(t.Context(), "/e")) == nil {
				t.Error("the session has ended, though the state says that it stays")
			}
		})
	}
}
