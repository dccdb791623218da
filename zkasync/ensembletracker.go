package zkasync

import (
	"context"
	"log/slog"
	"slices"

	"github.com/zkasync/zkasync-go/zkasync/ensemble"
)

// WithEnsembleTracker makes the client follow the ensemble's own list of servers (Curator: EnsembleTracker): it watches the
// configuration, as [Client.WatchConfig] does, and takes the servers' addresses for clients from it, observers included, as
// it changes. So a client whose connection string names one server finds all, and those that join later. Off by default.
//
// The servers of the connection string, or of the last [Client.UpdateServers], remain a fallback: they are tried as well
// after all servers of the configuration were tried in vain, since its addresses may be ones that only the ensemble can
// reach. They also stay in the list beside the others if the configuration lacks the address of some server, as it does for
// those whose clientPort stands in a static file. A server that listens on all its addresses (0.0.0.0, ::) is reached at
// the host at which the other servers reach it. A configuration that is missing (servers before 3.5), is empty (a
// standalone server), may not be read, or cannot be parsed changes nothing; the latter two are logged.
//
// When the list changes, clients move to even out the load, as by [Client.UpdateServers]. The first list after a start moves
// nobody, and neither does a later one as long as the client's server is known to it by another name: give servers in the
// connection string as the configuration has them.
//
// With TLS the addresses are those for TLS, which servers have in their configuration since 3.10 (ZOOKEEPER-4276). The
// secureClientPort of older ones is not in it, and their list of servers does not change.
func WithEnsembleTracker(on bool) Option {
	return Option{func(cfg *config) error {
		cfg.follow = on
		return nil
	}}
}

// ensembleTracker keeps the servers of a run those of the ensemble's configuration.
type ensembleTracker struct {
	r      *run
	config *Live[ensemble.Config]

	latest ensemble.Config
	names  []string // applied last
	bad    string   // the error that was logged last
}

// track follows the configuration until the client stops.
func (r *run) track() {
	if !r.c.cfg.follow {
		return
	}
	t := &ensembleTracker{r: r, config: r.c.WatchConfig(context.Background())}
	r.c.workers.Enter()
	go t.follow()
}

// follow ends with the configuration, which ends with the run.
func (t *ensembleTracker) follow() {
	defer t.r.c.workers.Leave()
	for now := range t.config.C() {
		t.take(now)
	}
}

func (t *ensembleTracker) take(now Reading[ensemble.Config]) {
	switch {
	case now.Err != nil:
		if text := now.Err.Error(); text != t.bad {
			t.bad = text
			t.r.c.log(slog.LevelWarn, "the servers stay as they are: the ensemble's configuration cannot be had", "error", now.Err)
		}
		return
	case !now.Exists:
		return
	case now.Value.Version < t.latest.Version && t.r.session.Session().ReadOnly:
		return // that server is cut off, and behind
	}
	t.bad, t.latest = "", now.Value
	if names := t.r.c.serversOf(now.Value); len(names) > 0 && !slices.Equal(names, t.names) {
		t.names = names
		t.r.session.FollowHosts(names)
	}
}

// serversOf returns the servers of a configuration, beside those that the client was given if it does not have them all.
func (c *Client) serversOf(config ensemble.Config) []string {
	addrs, complete := config.ClientAddrs()
	if c.cfg.tls != nil {
		addrs, complete = config.SecureClientAddrs()
	}
	if complete || len(addrs) == 0 {
		return addrs
	}
	for _, name := range c.runs.given() {
		if !slices.Contains(addrs, name) {
			addrs = append(addrs, name)
		}
	}
	return addrs
}
