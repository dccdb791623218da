package zkasync_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/sasl"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// bob is a user of the servers of these tests.
var bob = map[string]string{"bob": "builder"}

// asBob has a client authenticate as him.
func asBob() zkasync.Option { return zkasync.WithSASL(sasl.DigestMD5("bob", "builder")) }

// inMemory returns a client of a server in memory, started.
func inMemory(t *testing.T, srv *zktest.Server, opts ...zkasync.Option) *zkasync.Client {
	t.Helper()
	return connect(t, srv.Addr(), append(srv.Options(), opts...)...)
}

// schemes returns the schemes by which a server knows the client.
func schemes(t *testing.T, c *zkasync.Client) (all []string) {
	t.Helper()
	for _, id := range must(t, c.WhoAmI(t.Context())) {
		all = append(all, id.Scheme+":"+id.ID)
	}
	slices.Sort(all)
	return all
}

// What the client may do as somebody, it may do behind each reconnect, also what has waited for it.
func TestSASL_OnEveryConnection(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		srv := zktest.Run(t, zktest.WithVersion("3.9.0"), zktest.WithSASL(bob), zktest.WithEnforcedAuthentication())
		c := inMemory(t, srv, asBob(), zkasync.WithAuth("digest", []byte("u:p")))
		ctx := t.Context()
		must(t, c.Create(ctx, "/bobs", nil, zkasync.WithACL([]zk.ACL{{Perms: zk.PermAll, Scheme: "sasl", ID: "bob"}})))
		watch := must(t, c.GetW(ctx, "/bobs")).Event
		sub := must(t, c.AddWatch(ctx, "/bobs", zkasync.Persistent))
		defer sub.Close()
		changes := c.States(ctx)
		for range 3 {
			srv.Drop()
			nextState(t, changes, zkasync.StateSuspended)
			waits := c.Get(ctx, "/bobs")
			must(t, waits)
			if got := schemes(t, c); !slices.Contains(got, "sasl:bob") || len(got) != 3 {
				t.Errorf("known as %q", got)
			}
		}
		must(t, c.Set(ctx, "/bobs", []byte("x"), zkasync.AnyVersion))
		if e := must(t, watch); e.Type != zk.EventNodeDataChanged {
			t.Errorf("event %+v", e)
		}
		must(t, c.AddAuth(ctx, "digest", []byte("other:p")))
		if got := schemes(t, c); len(got) != 4 {
			t.Errorf("known as %q", got)
		}
		if _, _, err := c.Conn().Get("/bobs"); err != nil {
			t.Errorf("get of Conn: %v", err)
		}
	})
}

// A session that is taken up is authenticated anew.
func TestSASL_ResumesASession(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		srv := zktest.Run(t, zktest.WithSASL(bob), zktest.WithEnforcedAuthentication())
		first := inMemory(t, srv, asBob())
		must(t, first.Create(t.Context(), "/e", nil, zkasync.Ephemeral()))
		second := inMemory(t, srv, asBob(), zkasync.WithSession(first.Session()))
		if st := must(t, second.Exists(t.Context(), "/e")); st == nil || st.EphemeralOwner != second.Session().ID {
			t.Errorf("stat %+v, want the ephemeral of %v", st, second.Session())
		}
	})
}

// wantsRefusal checks that a client is done for because of SASL, and says why.
func wantsRefusal(t *testing.T, err error, reasons ...string) {
	t.Helper()
	if !errors.Is(err, zkasync.ErrAuthFailed) || !errors.Is(err, zk.ErrAuthFailed) {
		t.Errorf("%v, want %v", err, zkasync.ErrAuthFailed)
	}
	for _, reason := range append(reasons, "sasl ") {
		if !strings.Contains(err.Error(), reason) {
			t.Errorf("%q does not say %q", err, reason)
		}
	}
	for _, secret := range []string{"builder", "guess"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%q tells the password", err)
		}
	}
}

// A refusal ends the start with the reason, and nothing is tried again.
func TestSASL_Refusals(t *testing.T) {
	t.Parallel()
	mechanism := func(next func(ctx context.Context, challenge []byte) ([]byte, bool, error)) sasl.Mechanism {
		return saidBy{start: func() (sasl.Conversation, error) { return conversation(next), nil }}
	}
	for name, test := range map[string]struct {
		opts    []zktest.Option
		m       sasl.Mechanism
		reasons []string
	}{
		"wrong password": {[]zktest.Option{zktest.WithSASL(bob)}, sasl.DigestMD5("bob", "guess"),
			[]string{"DIGEST-MD5", "server ", "authentication failed"}},
		"unknown user":   {[]zktest.Option{zktest.WithSASL(bob)}, sasl.DigestMD5("eve", "builder"), nil},
		"not offered":    {nil, sasl.DigestMD5("bob", "builder"), []string{"does not offer DIGEST-MD5"}},
		"does not end":   {nil, mechanism(func(context.Context, []byte) ([]byte, bool, error) { return nil, false, nil }), []string{"no end"}},
		"large token":    {nil, mechanism(func(context.Context, []byte) ([]byte, bool, error) { return make([]byte, 1<<20), false, nil }), []string{"1048576 bytes"}},
		"fails":          {nil, mechanism(func(context.Context, []byte) ([]byte, bool, error) { return nil, false, errors.New("no ticket") }), []string{"no ticket"}},
		"panics":         {nil, mechanism(func(context.Context, []byte) ([]byte, bool, error) { panic("oops") }), []string{"panicked: oops"}},
		"ends":           {nil, mechanism(func(context.Context, []byte) ([]byte, bool, error) { runtime.Goexit(); return nil, false, nil }), []string{"Goexit"}},
		"does not start": {nil, saidBy{start: func() (sasl.Conversation, error) { return nil, errors.New("no keytab") }}, []string{"no keytab"}},
		"starts nothing": {nil, saidBy{start: func() (sasl.Conversation, error) { return nil, nil }}, []string{"neither a conversation nor an error"}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				srv := zktest.Run(t, test.opts...)
				var dialled atomic.Int32
				dialer := zkasync.WithDialer(func(ctx context.Context, network, addr string) (net.Conn, error) {
					dialled.Add(1)
					return srv.DialContext(ctx, network, addr)
				})
				c, err := zkasync.New(srv.Addr(), append(srv.Options(), dialer, zkasync.WithSASL(test.m))...)
				mustDo(t, err)
				changes := c.States(t.Context())
				started := c.StartAsync()
				waits := c.Get(t.Context(), "/")
				wantsRefusal(t, fails(t, started), test.reasons...)
				wantsRefusal(t, nextState(t, changes, zkasync.StateAuthFailed).Err, test.reasons...)
				fails(t, waits, zkasync.ErrAuthFailed, zkasync.ErrNotSent)
				before := dialled.Load()
				time.Sleep(time.Hour)
				if n := dialled.Load(); n > before {
					t.Errorf("%d connections, before %d: it tries again", n, before)
				}
				wantsRefusal(t, c.Restart(t.Context()), test.reasons...)
				mustDo(t, c.Close())
			})
		})
	}
}

// saidBy is a mechanism for tests.
type saidBy struct {
	start func() (sasl.Conversation, error)
}

func (saidBy) Name() string { return "TEST" }

func (m saidBy) Start(context.Context, sasl.Server) (sasl.Conversation, error) { return m.start() }

type conversation func(ctx context.Context, challenge []byte) ([]byte, bool, error)

func (c conversation) Next(ctx context.Context, challenge []byte) ([]byte, bool, error) {
	return c(ctx, challenge)
}

// The same when a server changes its mind at a reconnect, with watches and requests around.
func TestSASL_RefusedAtAReconnect(t *testing.T) {
	for _, code := range []int32{codeAuthFailed, codeDemand} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				cut := make(chan struct{})
				done := saidBy{start: func() (sasl.Conversation, error) { return justOnce(), nil }}
				s := newScripted(t, []zkasync.Option{zkasync.WithSASL(done)}, cutWhen(cut), func(c *zkpeer.Conn) {
					c.Accept()
					r, _ := c.Next()
					c.Send(zkpeer.ReplyFrame(r.Xid, 0, code, wire.AppendBuffer(nil, nil)))
				})
				mustDo(t, s.Start(testContext(t)))
				event := must(t, s.GetW(t.Context(), "/w")).Event
				changes := s.States(t.Context())
				close(cut)
				change := nextState(t, changes, zkasync.StateAuthFailed)
				wantsRefusal(t, change.Err, "TEST", ".test:2181")
				var server zkasync.ServerError
				if !errors.As(change.Err, &server) || server.Code != code {
					t.Errorf("%v, want the server's code %d", change.Err, code)
				}
				fails(t, event, zkasync.ErrAuthFailed)
				wantAuthFailed(t, s)
				select {
				case again := <-changes:
					t.Errorf("told again: %+v", again)
				default:
				}
			})
		})
	}
}

// justOnce is a conversation of one token.
func justOnce() sasl.Conversation {
	said := false
	return conversation(func(context.Context, []byte) ([]byte, bool, error) {
		defer func() { said = true }()
		return []byte("token"), said, nil
	})
}

// A connection that is cut while authenticating is a loss like any other, and so is a mechanism that is not available for now.
func TestSASL_TriesAgain(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		hangsUp := func(c *zkpeer.Conn) { c.Accept(); c.Next() }
		saysNothing := func(c *zkpeer.Conn) { c.Accept(); c.Drain() }
		unavailable := 2
		m := saidBy{start: func() (sasl.Conversation, error) {
			if unavailable--; unavailable >= 0 {
				return nil, fmt.Errorf("KDC: %w", sasl.ErrUnavailable)
			}
			return justOnce(), nil
		}}
		s := newScripted(t, []zkasync.Option{zkasync.WithSASL(m)}, zkpeer.Healthy, zkpeer.Healthy, hangsUp, saysNothing, hangsUp, zkpeer.Healthy)
		must(t, s.StartAsync())
		wantNode(t, s.get("/a"), "/a")
		if n := s.peer.Accepted(); n != 6 {
			t.Errorf("%d connections, want 6", n)
		}
	})
}

// A start that is given up says what it was about.
func TestSASL_AStartThatIsGivenUpSaysWhy(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		m := saidBy{start: func() (sasl.Conversation, error) { return nil, fmt.Errorf("no KDC: %w", sasl.ErrUnavailable) }}
		s := newScripted(t, []zkasync.Option{zkasync.WithSASL(m)}, slices.Repeat([]zkpeer.Script{zkpeer.Healthy}, 1000)...)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := s.Start(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, sasl.ErrUnavailable) || !strings.Contains(err.Error(), "sasl TEST at server ") {
			t.Errorf("start: %v", err)
		}
		if n := s.peer.Accepted(); n > 200 {
			t.Errorf("%d connections in a minute", n)
		}
	})
}

// Close during the conversation is prompt, with a server that says nothing and with a mechanism that waits.
func TestSASL_CloseMeanwhile(t *testing.T) {
	waiting := saidBy{start: func() (sasl.Conversation, error) {
		return conversation(func(ctx context.Context, _ []byte) ([]byte, bool, error) {
			<-ctx.Done()
			return nil, false, ctx.Err()
		}), nil
	}}
	for name, m := range map[string]sasl.Mechanism{"silent server": sasl.DigestMD5("bob", "builder"), "mechanism": waiting} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newScripted(t, []zkasync.Option{zkasync.WithSASL(m)}, func(c *zkpeer.Conn) { c.Accept(); c.Drain() }, zkpeer.Healthy)
				started := s.StartAsync()
				waits := s.get("/a")
				time.Sleep(time.Second)
				start := time.Now()
				if err := s.Close(); err != nil {
					t.Error(err)
				}
				if took := time.Since(start); took > closeLimit {
					t.Errorf("close took %v", took)
				}
				fails(t, started, zkasync.ErrClosed)
				fails(t, waits, zkasync.ErrClosed, zkasync.ErrNotSent)
			})
		})
	}
}

// Each server is named to the mechanism as it was given, whatever its address.
func TestSASL_NamesTheServer(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var mu sync.Mutex
		var hosts []string
		m := serverNamed{func(s sasl.Server) {
			mu.Lock()
			defer mu.Unlock()
			hosts = append(hosts, s.Host)
			if s.Addr == "" {
				t.Error("no address")
			}
		}}
		var n atomic.Int32
		p := zkpeer.Pipes(t, func(c *zkpeer.Conn) { c.Accept(); c.Next() }, func(c *zkpeer.Conn) { c.Accept(); c.Next() }, zkpeer.Healthy)
		connect(t, "one.test:1,[2001:db8::1]:2,three.test", zkasync.WithShuffle(false), zkasync.WithSASL(m), zkasync.WithDialer(p.Dial),
			zkasync.WithResolver(func(_ context.Context, host string) ([]string, error) {
				return []string{fmt.Sprintf("10.0.0.%d", n.Add(1))}, nil
			}))
		if want := []string{"one.test", "2001:db8::1", "three.test"}; !slices.Equal(hosts, want) {
			t.Errorf("hosts %q, want %q", hosts, want)
		}
	})
}

type serverNamed struct{ fn func(sasl.Server) }

func (serverNamed) Name() string { return "TEST" }

func (m serverNamed) Start(_ context.Context, s sasl.Server) (sasl.Conversation, error) {
	m.fn(s)
	return justOnce(), nil
}

// A server without a quorum authenticates as any other does.
func TestSASL_ReadOnly(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		ens := zktest.RunEnsemble(t, 3, zktest.WithSASL(bob), zktest.WithReadOnlyMode())
		c := connect(t, ens.ConnectString(), append(ens.Options(), asBob(), zkasync.WithReadOnly(true))...)
		changes := c.States(t.Context())
		ens.Servers()[1].Stop()
		ens.Servers()[2].Stop()
		for change := range changes {
			if change.State == zkasync.StateConnected && change.ReadOnly {
				break
			}
		}
		if got := schemes(t, c); !slices.Contains(got, "sasl:bob") {
			t.Errorf("known as %q", got)
		}
	})
}

func TestSASL_BadInput(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]sasl.Mechanism{"is nil": nil, "user is empty": sasl.DigestMD5("", "hush")} {
		_, err := zkasync.New("zk", zkasync.WithSASL(m))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// No verb, error or line of the log shows a secret of the client's.
func TestClient_KeepsItsSecrets(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		srv := zktest.Run(t, zktest.WithSASL(bob))
		var logged bytes.Buffer
		opts := append(srv.Options(), asBob(), zkasync.WithAuth("digest", []byte("u:whisper")),
			zkasync.WithLogger(slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))))
		c, err := zkasync.Connect(t.Context(), srv.Addr(), opts...)
		mustDo(t, err)
		must(t, c.AddAuth(t.Context(), "digest", []byte("v:murmur")))
		session := c.Session()
		changes := c.States(t.Context())
		srv.Drop()
		nextState(t, changes, zkasync.StateSuspended)
		must(t, c.Exists(t.Context(), "/"))
		secrets := []string{"builder", "whisper", "murmur", string(session.Password)}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			for _, value := range []any{c, session, opts, asBob(), struct{ C *zkasync.Client }{c}} {
				text := fmt.Sprintf(verb, value)
				for _, s := range secrets {
					for _, form := range []string{s, fmt.Sprintf("%x", s), strings.Trim(fmt.Sprint([]byte(s)), "[]"), fmt.Sprintf("%q", s)} {
						if strings.Contains(text, form) {
							t.Errorf("%s of a %T shows %q: %s", verb, value, s, text)
						}
					}
				}
			}
		}
		mustDo(t, c.Close())
		wrong, err := zkasync.New(srv.Addr(), append(opts[:len(opts):len(opts)], zkasync.WithSASL(sasl.DigestMD5("bob", "guess")))...)
		mustDo(t, err)
		if err := wrong.Start(t.Context()); err == nil || strings.Contains(err.Error(), "guess") {
			t.Errorf("start: %v", err)
		}
		synctest.Wait()
		for _, s := range append(secrets, "guess") {
			if strings.Contains(logged.String(), s) {
				t.Errorf("the log shows %q:\n%s", s, logged.String())
			}
		}
	})
}
