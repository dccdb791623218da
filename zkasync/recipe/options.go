package recipe

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
)

// Lease says when a Held ends by itself.
type Lease int

const (
	// UntilSuspended ends it as soon as the connection is lost, like Curator's StandardConnectionStateErrorPolicy. It is
	// the default, since nobody can know whether the connection will return in time.
	UntilSuspended Lease = iota
	// UntilLost ends it when, by the local clock, the session can no longer be alive (SessionConnectionStateErrorPolicy).
	// A short outage then has no effect.
	UntilLost
)

// config is what the options set.
type config struct {
	naming Naming
	id     string
	lease  Lease
	acl    []zk.ACL
	over   bool // replace the znode of another session
	err    error
}

// Option is an option of a recipe. An invalid one makes each operation of the recipe fail before anything is sent.
type Option struct{ apply func(*config) error }

// WithNaming sets how znodes are named; the default is [Curator].
func WithNaming(n Naming) Option {
	return Option{func(cfg *config) error {
		cfg.naming = n
		return n.check()
	}}
}

// WithIdentifier sets the data of the znodes, which shows humans whose they are: kazoo's identifier, Curator's
// participant id. The default is the host's name and the process id.
func WithIdentifier(id string) Option {
	return Option{func(cfg *config) error {
		cfg.id = id
		return nil
	}}
}

// WithLease sets when a Held ends by itself; the default is [UntilSuspended].
func WithLease(l Lease) Option {
	return Option{func(cfg *config) error {
		if l != UntilSuspended && l != UntilLost {
			return fmt.Errorf("unknown lease %d", l)
		}
		cfg.lease = l
		return nil
	}}
}

// WithACL sets the access control list of znodes and parents that a recipe creates; the default is the client's. All
// contenders must be able to list and read them.
func WithACL(acl []zk.ACL) Option {
	return Option{func(cfg *config) error {
		if len(acl) == 0 {
			return errors.New("access control list is empty")
		}
		cfg.acl = append([]zk.ACL(nil), acl...)
		return nil
	}}
}

// TakeOver makes [KeepNode] and [Group.Join] replace another session's znode at once, in one transaction: the session of
// a program that has been restarted may still have long to live. A Node that is replaced in this way waits; of two
// programs that run at the same time the later one has the znode, and they do not replace each other forever.
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

// createOptions returns the options of every znode.
func (cfg *config) createOptions(opts ...zkasync.CreateOption) []zkasync.CreateOption {
	return append(append(opts, zkasync.MakeParents()), cfg.aclOptions()...)
}

// aclOptions returns the options of parents, and of znodes in transactions.
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
