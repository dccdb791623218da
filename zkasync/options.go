package zkasync

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/handler"
	"github.com/zkasync/zkasync-go/internal/chance"
	"github.com/zkasync/zkasync-go/internal/hosts"
	"github.com/zkasync/zkasync-go/internal/login"
	"github.com/zkasync/zkasync-go/internal/mux"
	"github.com/zkasync/zkasync-go/internal/reach"
)

// Defaults of the options of New.
const (
	DefaultSessionTimeout = 10 * time.Second
	DefaultCloseTimeout   = 10 * time.Second
	// DefaultMaxRequestSize is the default of the servers' jute.maxbuffer, in bytes.
	DefaultMaxRequestSize = 1<<20 - 1
	// DefaultMaxReplySize is 64 MiB, in bytes.
	DefaultMaxReplySize = 64 << 20
)

// config is what a client was created with; it does not change.
type config struct {
	servers string // as given
	hosts   []string
	chroot  string

	sessionTimeout time.Duration
	connectTimeout time.Duration // 0: derived from the session timeout
	closeTimeout   time.Duration
	requestTimeout time.Duration // 0: none
	handler        handler.Handler
	logger         *slog.Logger // nil: none
	dial           reach.DialFunc
	ownDialer      bool             // dial comes from WithDialer
	lookup         hosts.LookupFunc // nil: names are dialled unresolved
	service        hosts.ServiceFunc
	follow         bool   // the ensemble's own list of servers
	dialer         string // the name of WithDialer's function
	calls          userCalls
	tls            func(context.Context) (*tls.Config, error) // nil: none
	auth           []credential
	login          *login.Login // nil: none
	acl            []zk.ACL
	shuffle        bool
	draw           chance.Draw
	readOnly       bool
	resume         mux.Session
	retry          *RetryPolicy // nil: none
	maxRequest     int
	maxReply       int
	coalesce       bool
	slept          func() time.Duration // of mux.Config
	hooks          []Hook
	slowCallback   time.Duration // 0: the default
}

// Option is an option of [New], which reports the first invalid one with its value and the rule.
type Option struct{ apply func(*config) error }

func newConfig(servers string, opts []Option) (*config, error) {
	names, chroot, err := parseServers(servers)
	if err != nil {
		return nil, err
	}
	cfg := &config{
		servers:        servers,
		hosts:          names,
		chroot:         chroot,
		sessionTimeout: DefaultSessionTimeout,
		closeTimeout:   DefaultCloseTimeout,
		dial:           (&net.Dialer{}).DialContext,
		acl:            zk.WorldACL(zk.PermAll),
		shuffle:        true,
		draw:           chance.New(),
		maxRequest:     DefaultMaxRequestSize,
		maxReply:       DefaultMaxReplySize,
		coalesce:       true,
		service:        hosts.LookUpService,
	}
	for _, o := range opts {
		if o.apply == nil {
			continue
		}
		if err := o.apply(cfg); err != nil {
			return nil, fmt.Errorf("zkasync: %w", err)
		}
	}
	if cfg.handler == nil {
		cfg.handler = handler.NewSequential()
	}
	if cfg.login != nil {
		cfg.login.MaxToken = cfg.maxRequest - login.Header
	}
	if cfg.lookup == nil && !cfg.ownDialer {
		cfg.lookup = hosts.LookUpHost
	}
	return cfg, nil
}

// reach returns how servers are reached.
func (cfg *config) reach() reach.Dialer { return reach.Dialer{Dial: cfg.dial, TLS: cfg.tls} }

// askTime bounds queries to a server without a session.
func (cfg *config) askTime() time.Duration {
	if cfg.connectTimeout > 0 {
		return cfg.connectTimeout
	}
	return max(time.Second, cfg.sessionTimeout/3/time.Duration(len(cfg.hosts)))
}

// WithSessionTimeout sets the requested session timeout, which the servers limit. The default is 10 seconds, the
// resolution a millisecond. Time during which the host sleeps counts: when it wakes, the client leaves the connection,
// and the session is Lost at once if it can no longer be alive. Linux reports how long the host slept. On macOS only the
// wall clock shows it, and that may have been set meanwhile, so the session is resumed without being declared Lost first;
// on Windows timers keep running.
func WithSessionTimeout(d time.Duration) Option {
	return Option{func(cfg *config) error {
		const limit = math.MaxInt32 * time.Millisecond
		if d < time.Millisecond || d > limit {
			return fmt.Errorf("session timeout %v is not from 1ms to %v", d, limit)
		}
		cfg.sessionTimeout = d
		return nil
	}}
}

// WithConnectTimeout sets how long a server may take to connect, and then for the handshake, before the next server is
// tried; each address of a name is a server. The default is a third of the session timeout divided by the number of
// servers, at least a second. While it tries the next servers, the client keeps listening to that one, and uses its answer
// if it comes first; a session that is granted too late is ended. After a pass over all servers in which one did not answer
// in time, the timeout doubles, up to half of what is left of the session, or 30 seconds without one. It shrinks again when
// a server has answered, to twice the duration of the handshake, but never below d. It limits neither Start, which is
// limited by its context, nor name resolution.
func WithConnectTimeout(d time.Duration) Option {
	return Option{func(cfg *config) error { return positive(&cfg.connectTimeout, "connect timeout", d) }}
}

// WithCloseTimeout bounds Close. The default is 10 seconds.
func WithCloseTimeout(d time.Duration) Option {
	return Option{func(cfg *config) error { return positive(&cfg.closeTimeout, "close timeout", d) }}
}

func positive(dst *time.Duration, name string, d time.Duration) error {
	if d <= 0 {
		return fmt.Errorf("%s %v is not positive", name, d)
	}
	*dst = d
	return nil
}

// WithRequestTimeout makes the client leave a server that answers heartbeats but no requests, as a server with a stuck
// disk or thread may do forever: if requests are in flight and none has been answered for d, the connection counts as
// lost. Operations in flight fail with [ErrOutcomeUnknown], and the next server is tried. Replies come in order, so this
// is no limit for each request; use a context to limit the wait for one. The resolution is a quarter of d or of a
// second, whichever is shorter. By default there is no such timeout: a server that is slow for a while, for example
// during an election, does answer eventually.
func WithRequestTimeout(d time.Duration) Option {
	return Option{func(cfg *config) error {
		if d < time.Millisecond {
			return fmt.Errorf("request timeout %v is not 1ms or more", d)
		}
		cfg.requestTimeout = d
		return nil
	}}
}

// WithHandler sets the handler that runs callbacks; the default is a new handler.NewSequential(). A handler serves one client.
func WithHandler(h handler.Handler) Option {
	return Option{func(cfg *config) error {
		if h == nil {
			return errors.New("handler is nil")
		}
		cfg.handler = h
		return handler.Check(h)
	}}
}

// WithLogger makes the client log connections at Info, problems at Warn and details at Debug. By default it logs nothing
// except callbacks that panic, see package handler.
func WithLogger(l *slog.Logger) Option {
	return Option{func(cfg *config) error {
		cfg.logger = l
		return nil
	}}
}

// WithDialer sets the function that makes connections; the default is net.Dialer's DialContext. It must return when its
// context is done, and may be called from several goroutines at once. It receives the host's name as given, since it may
// be a proxy that resolves names itself. A name with several addresses therefore counts as one server: use [WithResolver]
// as well to have each of its addresses dialled.
func WithDialer(dial func(ctx context.Context, network, address string) (net.Conn, error)) Option {
	return Option{func(cfg *config) error {
		if dial == nil {
			return errors.New("dialer is nil")
		}
		cfg.dialer = functionName(dial)
		cfg.dial, cfg.ownDialer = cfg.calls.guardDialer(cfg.dialer, dial), true
		return nil
	}}
}

// WithResolver sets the function that resolves the names of servers. The default is the LookupHost of net.DefaultResolver,
// or none with [WithDialer]. All names are looked up at the same time, for each pass over the servers, and each address of
// a name is a server of its own; TLS verifies the name. A look-up may take 10 seconds; other addresses are tried
// meanwhile, and if it fails, the previous addresses are used. The function must return when its context is done, and is
// called from several goroutines at once.
func WithResolver(lookupHost func(ctx context.Context, host string) (addrs []string, err error)) Option {
	return Option{func(cfg *config) error {
		if lookupHost == nil {
			return errors.New("resolver is nil")
		}
		cfg.lookup = cfg.calls.guardResolver(functionName(lookupHost), lookupHost)
		return nil
	}}
}

// WithSRVResolver sets the function that looks up the SRV records of services in the connection string, see [New]. The
// default is the LookupSRV of net.DefaultResolver; that of another net.Resolver fits as well. It is called with the whole
// name, and an empty service and protocol. What holds for the function of [WithResolver] holds for this one. The names in
// the records are looked up as others are.
func WithSRVResolver(lookupSRV func(ctx context.Context, service, proto, name string) (cname string, records []*net.SRV, err error)) Option {
	return Option{func(cfg *config) error {
		if lookupSRV == nil {
			return errors.New("SRV resolver is nil")
		}
		cfg.service = cfg.calls.guardService(functionName(lookupSRV), lookupSRV)
		return nil
	}}
}

// WithTLS makes connections use TLS. Without a ServerName in the configuration, the host's name from the connection
// string is verified.
func WithTLS(tlsConfig *tls.Config) Option {
	return Option{func(cfg *config) error {
		if tlsConfig == nil {
			return errors.New("tls configuration is nil")
		}
		guarded := cfg.calls.guardTLS(tlsConfig)
		cfg.tls = func(context.Context) (*tls.Config, error) { return guarded, nil }
		return nil
	}}
}

// WithTLSFunc is [WithTLS] with a configuration of its own for each connection, as the function returns it, so that certificates
// and authorities may change while the client runs; package tlsfiles has one that reads them from files. If the function fails, so
// does the attempt to connect. It must return when its context is done, and may be called from several goroutines at once. Of several
// WithTLS and WithTLSFunc, the last counts.
func WithTLSFunc(fn func(ctx context.Context) (*tls.Config, error)) Option {
	return Option{func(cfg *config) error {
		if fn == nil {
			return errors.New("function for tls configurations is nil")
		}
		cfg.tls = cfg.calls.guardTLSFunc(functionName(fn), fn)
		return nil
	}}
}

// WithAuth adds a credential that is sent first on each connection, like those of [Client.AddAuth].
func WithAuth(scheme string, credential []byte) Option {
	return Option{func(cfg *config) error {
		if err := checkCredential(scheme, credential); err != nil {
			return fmt.Errorf("auth %q: %w", scheme, err)
		}
		if scheme != schemeWorld {
			cfg.auth = append(cfg.auth, newCredential(scheme, credential))
		}
		return nil
	}}
}

// WithDefaultACL sets the access control list of znodes that are created without one. The default is
// zk.WorldACL(zk.PermAll).
func WithDefaultACL(acl []zk.ACL) Option {
	return Option{func(cfg *config) error {
		if err := checkACL(acl); err != nil {
			return fmt.Errorf("default acl: %w", err)
		}
		cfg.acl = append([]zk.ACL(nil), acl...)
		return nil
	}}
}

// WithShuffle sets whether the servers are tried in random order, so that clients spread over them. It is on by default.
func WithShuffle(on bool) Option {
	return Option{func(cfg *config) error {
		cfg.shuffle = on
		return nil
	}}
}

// WithReadOnly lets the client connect to a server that has lost its quorum and runs in read-only mode (ZOOKEEPER-704).
// Reads return what that server has, writes are rejected with [ErrNotReadOnly], and StateChange.ReadOnly is true.
// Meanwhile the client looks for a server with a quorum and moves there when it finds one. A read-only server can start
// only local sessions, so it needs localSessionsEnabled as well. Off by default.
func WithReadOnly(on bool) Option {
	return Option{func(cfg *config) error {
		cfg.readOnly = on
		return nil
	}}
}

// passwordSize is the length of a session's password.
const passwordSize = 16

// WithMaxRequestSize sets the largest request, in bytes of its frame without the length. A larger one fails with
// [ErrNotSent] and an error that names the limit: if it were sent, the server would reset the connection and other
// operations would fail with it. If the servers run with another jute.maxbuffer, use the same number here.
func WithMaxRequestSize(n int) Option {
	return Option{func(cfg *config) error { return sizeWithin(&cfg.maxRequest, "maximum request size", n) }}
}

// WithMaxReplySize sets the largest accepted reply, in bytes. Replies may well be larger than requests: 50,000 children
// take 2 MB. An operation whose reply is larger fails with a [*ReplySizeError]; the reply is read and discarded, and the
// connection stays up. Requests of Conn() fail with an error for which go-zookeeper has no name ("marshalling error",
// -5), and the log says why. The default is 64 MiB.
func WithMaxReplySize(n int) Option {
	return Option{func(cfg *config) error { return sizeWithin(&cfg.maxReply, "maximum reply size", n) }}
}

// WithCoalescedReads sets whether gets that wait to be sent travel together, up to 64 in one request, a multi-read
// (ZOOKEEPER-3402, servers since 3.6). It is on by default: a server then spends the cost of a request once for many
// gets. Everything else stays the same: the order, each get's own result or failure, contexts. A get that finds the
// queue empty is sent as it is, and so is one that sets a watch. The metrics and throttling of a server count one
// request for many gets, and its audit and slow-request logs name a multi-read.
//
// The client tries once whether a server accepts multi-reads, with reads that are alone in flight. A server that does not
// know them, such as 3.5, closes the connection; the client then reconnects, sends these reads one by one, and continues
// to do so with this server.
func WithCoalescedReads(on bool) Option {
	return Option{func(cfg *config) error {
		cfg.coalesce = on
		return nil
	}}
}

// minFrame is the lowest limit on frames: below it nothing works.
const minFrame = 1 << 10

func sizeWithin(dst *int, name string, n int) error {
	if n < minFrame || n > math.MaxInt32 {
		return fmt.Errorf("%s %d is not from %d to %d", name, n, minFrame, math.MaxInt32)
	}
	*dst = n
	return nil
}
