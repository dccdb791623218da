package zktest

import (
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/acl"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/fourletter"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/release"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/serve"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/timed"
)

// Defaults of the options. Tick and limits are those of a default zoo.cfg.
const (
	DefaultTick = 2 * time.Second
	// DefaultBuffer is how many bytes a connection in memory holds in each direction.
	DefaultBuffer = 64 << 10
	// DefaultCleaning is how often the server looks for znodes that it must delete, see [WithCleaning].
	DefaultCleaning = time.Minute
	// DefaultRecord is how many requests are recorded.
	DefaultRecord = 10_000
	// DefaultMaxRequestSize is jute.maxbuffer, in bytes.
	DefaultMaxRequestSize = 1<<20 - 1
)

// DefaultVersion is the release of Apache ZooKeeper that a server behaves as: that of Debian's package 3.8.0-11. The tests
// compare it, and other releases where they are installed, with the real ones.
const DefaultVersion = "3.8.0"

// config is the configuration of a world. It does not change.
type config struct {
	serve.Config
	observers int
	words     map[string]bool // the four-letter words that are allowed; nil: all
	clientTLS *tls.Config
	tlsFiles  TLSFiles
}

// Option is an option of [New] and [Run]. New reports the first invalid one, with its value and the rule.
type Option struct{ apply func(*config) error }

func newConfig(opts []Option) (*config, error) {
	cfg := new(config)
	cfg.Clock = timed.Real{}
	cfg.Tick = DefaultTick
	cfg.CleanEvery = DefaultCleaning
	cfg.MaxRequest = DefaultMaxRequestSize
	cfg.Buffer = DefaultBuffer
	cfg.Record = DefaultRecord
	cfg.Rules.ExtendedTypes = true
	cfg.Word = func(s *serve.Server, word string) (string, bool) { return fourletter.Answer(s, cfg.words, word) }
	var err error
	if cfg.Rules.Behaviour, err = release.Parse(DefaultVersion); err != nil {
		return nil, err
	}
	for _, o := range opts {
		if o.apply == nil {
			continue
		}
		if err := o.apply(cfg); err != nil {
			return nil, fmt.Errorf("zktest: %w", err)
		}
	}
	if cfg.MinTimeout == 0 {
		cfg.MinTimeout, cfg.MaxTimeout = 2*cfg.Tick, 20*cfg.Tick
	}
	if err := cfg.checkDemand(); err != nil {
		return nil, err
	}
	cfg.Rules.KeeperReads = cfg.Forgets
	cfg.Rules.ACL = acl.Rules{SASL: len(cfg.SASLUsers) > 0, X509: cfg.TLS != nil, IPv6: cfg.Rules.IPv6}
	return cfg, nil
}

// WithVersion makes the server behave as a release of Apache ZooKeeper, from "3.6.0" to "3.10.0", where releases differ. The
// default is [DefaultVersion].
func WithVersion(version string) Option {
	return Option{func(cfg *config) (err error) {
		cfg.Rules.Behaviour, err = release.Parse(version)
		return err
	}}
}

// WithClock makes the server use c for the expiry of sessions, containers and timestamps. Without it the server uses
// package time, which is virtual inside a bubble of testing/synctest.
func WithClock(c *Clock) Option {
	return Option{func(cfg *config) error {
		if c == nil {
			return errors.New("clock is nil")
		}
		cfg.Clock = manual{c}
		return nil
	}}
}

// WithTick sets the tick, tickTime in zoo.cfg. Sessions expire at multiples of it, and session timeouts are from 2 to 20
// ticks unless [WithSessionTimeouts] says otherwise. The default is 2 seconds, the minimum 1 millisecond.
func WithTick(d time.Duration) Option {
	return Option{func(cfg *config) error {
		if d < time.Millisecond || d%time.Millisecond != 0 {
			return fmt.Errorf("tick %v is not a positive number of milliseconds", d)
		}
		cfg.Tick = d
		return nil
	}}
}

// WithSessionTimeouts limits the session timeouts that the server grants.
func WithSessionTimeouts(least, most time.Duration) Option {
	return Option{func(cfg *config) error {
		const limit = math.MaxInt32 * time.Millisecond
		if least < time.Millisecond || most < least || most > limit {
			return fmt.Errorf("session timeouts from %v to %v: want 1ms <= least <= most <= %v", least, most, limit)
		}
		cfg.MinTimeout, cfg.MaxTimeout = least, most
		return nil
	}}
}

// WithCleaning sets how often the server looks for empty containers and for znodes whose TTL has passed
// (znode.container.checkIntervalMs). They exist until then. The default is a minute.
func WithCleaning(every time.Duration) Option {
	return Option{func(cfg *config) error {
		if every <= 0 {
			return fmt.Errorf("cleaning every %v: want more than 0", every)
		}
		cfg.CleanEvery = every
		return nil
	}}
}

// WithMaxRequestSize sets the largest frame that is accepted from a client, jute.maxbuffer, in bytes. A client that sends a
// larger one loses its connection.
func WithMaxRequestSize(n int) Option {
	return Option{func(cfg *config) error {
		const least = 1 << 10
		if n < least || n > math.MaxInt32 {
			return fmt.Errorf("maximum request size %d is not from %d to %d", n, least, math.MaxInt32)
		}
		cfg.MaxRequest = n
		return nil
	}}
}

// WithMaxConnections sets how many connections one address may have, maxClientCnxns. Further ones are closed without a
// word. All clients in memory share the address 127.0.0.1. The default is no limit; that of a real server is 60.
func WithMaxConnections(n int) Option {
	return Option{func(cfg *config) error {
		if n < 1 {
			return fmt.Errorf("maximum number of connections %d is not positive", n)
		}
		cfg.MaxConns = n
		return nil
	}}
}

// WithBuffer sets how many bytes a connection in memory holds in each direction. With 0 it has no buffer, like a net.Pipe:
// a write returns when the other end has read it. The default is [DefaultBuffer].
func WithBuffer(bytes int) Option {
	return Option{func(cfg *config) error {
		if bytes < 0 || bytes > 1<<30 {
			return fmt.Errorf("buffer of %d bytes is not from 0 to %d", bytes, 1<<30)
		}
		cfg.Buffer = bytes
		return nil
	}}
}

// WithRecord sets how many of the latest requests [Server.Requests] and [Server.WaitFor] know. The default is
// [DefaultRecord].
func WithRecord(requests int) Option {
	return Option{func(cfg *config) error {
		if requests < 0 {
			return fmt.Errorf("record of %d requests: want 0 or more", requests)
		}
		cfg.Record = requests
		return nil
	}}
}

// WithFourLetterWords sets the four-letter words that are answered, 4lw.commands.whitelist. By default all are, whereas a
// real server answers only "srvr".
func WithFourLetterWords(words ...string) Option {
	return Option{func(cfg *config) error {
		cfg.words = make(map[string]bool)
		for _, word := range words {
			if !fourletter.Known(word) {
				return fmt.Errorf("four-letter word %q is not one of %s", word, strings.Join(fourletter.Names(), ", "))
			}
			cfg.words[word] = true
		}
		return nil
	}}
}

// WithExtendedTypes sets whether znodes may have a TTL (zookeeper.extendedTypesEnabled). It is on by default, unlike on
// a real server.
func WithExtendedTypes(on bool) Option {
	return Option{func(cfg *config) error {
		cfg.Rules.ExtendedTypes = on
		return nil
	}}
}

// WithReconfig enables reconfig (reconfigEnabled). A standalone server refuses it all the same, with another error. In an
// ensemble, a client also needs the permission to write /zookeeper/config, which the superuser has; see [WithSuperuser].
// Unlike real servers, these refuse hierarchical quorums. When the leader leaves, becomes an observer, or gets another address
// for its followers, another server leads: all clients lose their connections, including the one that asked for it. So do those
// of a follower that becomes an observer, and of an observer that becomes something else. A server that has left keeps following
// the leader.
func WithReconfig() Option {
	return Option{func(cfg *config) error {
		cfg.Rules.Reconfig = true
		return nil
	}}
}

// WithEnforcedQuotas makes the server reject writes that exceed the hard limits of quotas (enforceQuota).
func WithEnforcedQuotas() Option {
	return Option{func(cfg *config) error {
		cfg.Rules.EnforceQuota = true
		return nil
	}}
}

// WithEnforcedAuthentication closes connections that send a request before they have authenticated by one of these schemes
// (enforce.auth.enabled and enforce.auth.schemes): "digest", "sasl" or "x509". Without schemes, any of the three will do. With
// "sasl" alone, the server also does what sessionRequireClientSASLAuth makes it do.
func WithEnforcedAuthentication(schemes ...string) Option {
	return Option{func(cfg *config) error {
		all := []string{acl.Digest, acl.SASL, acl.X509}
		for _, scheme := range schemes {
			if !slices.Contains(all, scheme) {
				return fmt.Errorf("authentication scheme %q is not one of %s", scheme, strings.Join(all, ", "))
			}
		}
		if cfg.Demanded = slices.Clone(schemes); len(schemes) == 0 {
			cfg.Demanded = all
		}
		return nil
	}}
}

// checkDemand refuses a server at which no client could authenticate.
func (cfg *config) checkDemand() error {
	known := map[string]bool{acl.Digest: true, acl.SASL: len(cfg.SASLUsers) > 0, acl.X509: cfg.TLS != nil}
	if len(cfg.Demanded) > 0 && !slices.ContainsFunc(cfg.Demanded, func(scheme string) bool { return known[scheme] }) {
		return fmt.Errorf("zktest: authentication by %s is demanded, but neither WithSASL nor WithTLS makes it possible",
			strings.Join(cfg.Demanded, " or "))
	}
	return nil
}

// WithEnsembleNames makes the server know the scheme "ensemble", and accept these names of its ensemble (ensembleAuthName). A client
// that calls AddAuth with another name is at the wrong servers: its connection is closed without an answer, so that it tries the
// next server. The scheme proves no id. An empty name is always accepted.
func WithEnsembleNames(names ...string) Option {
	return Option{func(cfg *config) error {
		if len(names) == 0 || slices.Contains(names, "") {
			return fmt.Errorf("ensemble names %q: want at least one, and none that is empty", names)
		}
		cfg.EnsembleNames = slices.Clone(names)
		return nil
	}}
}

// WithSuperuser enables the user "super": a client that adds the digest credential "super:<password>" passes every check
// of permissions.
func WithSuperuser(password string) Option {
	return Option{func(cfg *config) error {
		if password == "" {
			return errors.New("the superuser's password is empty")
		}
		cfg.SuperDigest = acl.DigestID("super:" + password)
		return nil
	}}
}

// WithSASL makes clients authenticate by SASL's DIGEST-MD5 (RFC 2831) with the passwords of these users, as a server does
// whose JAAS configuration has them. A client's id of the scheme "sasl" is its user's name.
func WithSASL(passwords map[string]string) Option {
	return Option{func(cfg *config) error {
		if len(passwords) == 0 {
			return errors.New("sasl needs at least one user")
		}
		cfg.SASLUsers = maps.Clone(passwords)
		return nil
	}}
}

// WithClickHouseKeeper makes the server treat sessions as ClickHouse Keeper does: a client that reconnects is granted a
// new session without being told that the old one is lost; that one expires later, with its ephemeral znodes. A multi-read
// answers as Keeper's does: all kinds of reads may be in it, and only the header of a part says that it failed. The znodes
// /keeper/api_version and /keeper/feature_flags exist. Keeper's own operations, from 500 on, are not supported.
func WithClickHouseKeeper() Option {
	return Option{func(cfg *config) error {
		cfg.Forgets = true
		return nil
	}}
}

// WithFirstZxid sets the zxid of an empty server; the first transaction gets the next one. The default for a standalone
// server is 0.
func WithFirstZxid(zxid int64) Option {
	return Option{func(cfg *config) error {
		if zxid < 0 {
			return fmt.Errorf("first zxid %d is negative", zxid)
		}
		cfg.FirstZxid = zxid
		return nil
	}}
}

// WithSeed gives sessions other ids and passwords. Equal seeds give equal ones in each run.
func WithSeed(seed uint64) Option {
	return Option{func(cfg *config) error {
		cfg.SessionSeed = seed
		return nil
	}}
}

// WithShuffledOrder shuffles everything whose order real servers do not promise: the children in a reply, and the deletion
// of a session's ephemeral znodes. It finds code that relies on an order. Equal seeds shuffle equally.
func WithShuffledOrder(seed uint64) Option {
	return Option{func(cfg *config) error {
		r := rand.New(rand.NewPCG(seed, seed))
		cfg.Shuffle = func(list []string) {
			r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		}
		return nil
	}}
}
