package recipe

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
)

// Lease says when what is held ends without anybody ending it.
type Lease int

const (
	// UntilSuspended ends it as soon as the connection is lost, as Curator's StandardConnectionStateErrorPolicy does. It is the default:
	// whether the connection will come back in time nobody can know.
	UntilSuspended Lease = iota
	// UntilLost ends it when the session can no longer be alive, by the local clock (SessionConnectionStateErrorPolicy). A short
	// outage then passes unnoticed.
	UntilLost
)

// config is what options say.
type config struct {
	naming Naming
	id     string
	lease  Lease
	acl    []zk.ACL
	over   bool // take what another session has
	err    error
}

// Option is an option of a recipe. One that is wrong makes each operation of the recipe fail, before anything is sent.
type Option struct{ apply func(*config) error }

// WithNaming sets how znodes are named; the default is [Curator].
func WithNaming(n Naming) Option {
	return Option{func(cfg *config) error {
		cfg.naming = n
		return n.check()
	}}
}

// WithIdentifier sets what the znodes hold, by which people see whose they are: kazoo's identifier, Curator's participant
// id. The default is the host's name and the process id.
func WithIdentifier(id string) Option {
	return Option{func(cfg *config) error {
		cfg.id = id
		return nil
	}}
}

// WithLease sets when what is held ends by itself; the default is [UntilSuspended].
func WithLease(l Lease) Option {
	return Option{func(cfg *config) error {
		if l != UntilSuspended && l != UntilLost {
			return fmt.Errorf("unknown lease %d", l)
		}
		cfg.lease = l
		return nil
	}}
}

// WithACL sets the access control list of znodes and parents that a recipe makes; the default is the client's. All who
// contend must be able to list and read them.
func WithACL(acl []zk.ACL) Option {
	return Option{func(cfg *config) error {
		if len(acl) == 0 {
			return errors.New("access control list is empty")
		}
		cfg.acl = append([]zk.ACL(nil), acl...)
		return nil
	}}
}

// TakeOver has [KeepNode] and [Group.Join] take the place of another session's znode at once, in one transaction with its deletion: of a
// program that has ended and is started anew, that one's session may have long to live. Whoever is thrown out so, and keeps
// a znode there as well, waits; of two that run at the same time the one that came last has it, and they do not throw each other out
// for ever.
func TakeOver() Option {
	return Option{func(cfg *config) error {
		cfg.over = true
		return nil
	}}
}

func newConfig(opts []Option) config {
	cfg := config{naming: Curator, id: defaultIdentifier()}
	for _, o := range opts {
		if o.apply == nil {
			continue
		}
		if err := o.apply(&cfg); err != nil && cfg.err == nil {
			cfg.err = err
		}
	}
	return cfg
}

func defaultIdentifier() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s-%d", host, os.Getpid())
}

// createOptions are those of every znode.
func (cfg *config) createOptions(opts ...zkasync.CreateOption) []zkasync.CreateOption {
	return append(append(opts, zkasync.MakeParents()), cfg.aclOptions()...)
}

// aclOptions are those of parents, and of znodes in transactions.
func (cfg *config) aclOptions() []zkasync.CreateOption {
	if cfg.acl == nil {
		return nil
	}
	return []zkasync.CreateOption{zkasync.WithACL(cfg.acl)}
}

// scope returns the context of what is held from now on.
func (l Lease) scope(c *zkasync.Client) (context.Context, context.CancelFunc) {
	if l == UntilLost {
		return c.SessionContext(context.Background())
	}
	return c.ConnectedContext(context.Background())
}
