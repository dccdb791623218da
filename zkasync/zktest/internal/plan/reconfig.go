package plan

import (
	"cmp"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/ensemble"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/jute"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/znode"
)

// Servers describes the servers of an ensemble as the leader sees them.
type Servers struct {
	Config ensemble.Config
	Synced func(id int64) bool // whether it follows the leader or is the leader
}

// anyConfig is the version that matches every configuration.
const anyConfig = -1

// reconfig decides on a change of the ensemble's members.
func (p *Plan) reconfig(o *jute.Operation, t *znode.Txn) int32 {
	switch {
	case !p.Rules.Reconfig:
		return wire.CodeReconfigDisabled
	case p.Denied != wire.CodeOK:
		return p.Denied
	case p.Servers == nil:
		return wire.CodeUnimplemented
	case o.Zxid != anyConfig && o.Zxid != p.Servers.Config.Version:
		return wire.CodeBadVersion
	}
	next, code := p.nextConfig(o)
	if code != wire.CodeOK {
		return code
	}
	const fewest = 2 // an ensemble of one would be a standalone server
	if next.Participants() < fewest {
		return wire.CodeBadArguments
	}
	if !p.Servers.quorum(next) {
		return wire.CodeNewConfigNoQuorum
	}
	if n, ok := p.look(znode.ConfigPath); !ok || !n.acl.Allows(zk.PermWrite, p.IDs) {
		return wire.CodeNoAuth
	}
	next.Version = t.Zxid
	t.Path, t.Data, t.Version = znode.ConfigPath, []byte(next.String()), znode.ConfigVersion
	return wire.CodeOK
}

// quorum reports whether enough participants of a configuration are synced.
func (s *Servers) quorum(next ensemble.Config) bool {
	synced := 0
	for _, server := range next.Servers {
		if server.Role == ensemble.Participant && s.Synced(server.ID) {
			synced++
		}
	}
	return 2*synced > next.Participants()
}

// nextConfig returns the configuration that is asked for. Malformed ids cause an exception that the server does not expect.
func (p *Plan) nextConfig(o *jute.Operation) (next ensemble.Config, code int32) {
	if !o.Members.Null {
		whole, err := ensemble.Parse(strings.ReplaceAll(o.Members.S, ",", "\n"))
		if err != nil || len(whole.Other) > 0 {
			return next, wire.CodeBadArguments
		}
		return whole, wire.CodeOK
	}
	next.Servers = slices.Clone(p.Servers.Config.Servers)
	for _, leaving := range items(o.Leaving) {
		id, err := strconv.ParseInt(leaving, 10, 64)
		if err != nil {
			return next, wire.CodeMarshalling
		}
		next.Servers = without(next.Servers, id)
	}
	for _, joining := range items(o.Joining) {
		server, err := ensemble.ParseServer(joining)
		if err != nil || server.Client == "" && server.SecureClient == "" {
			return next, wire.CodeBadArguments
		}
		next.Servers = without(next.Servers, server.ID)
		if slices.ContainsFunc(next.Servers, func(other ensemble.Server) bool { return overlap(server, other) }) {
			return next, wire.CodeBadArguments
		}
		next.Servers = append(next.Servers, server)
	}
	slices.SortFunc(next.Servers, func(a, b ensemble.Server) int { return cmp.Compare(a.ID, b.ID) })
	return next, wire.CodeOK
}

// items splits a list at its commas.
func items(list jute.Text) (all []string) {
	for item := range strings.SplitSeq(list.S, ",") {
		if item = strings.TrimSpace(item); item != "" {
			all = append(all, item)
		}
	}
	return all
}

func without(servers []ensemble.Server, id int64) []ensemble.Server {
	return slices.DeleteFunc(servers, func(s ensemble.Server) bool { return s.ID == id })
}

// overlap reports whether two servers have an address in common. Wildcards and loopback addresses do not count, since each
// machine has its own.
func overlap(a, b ensemble.Server) bool {
	for _, addr := range addresses(a) {
		if slices.Contains(addresses(b), addr) {
			return true
		}
	}
	return false
}

func addresses(s ensemble.Server) (all []string) {
	add := func(host, port string) {
		addr, err := netip.ParseAddr(host)
		if host != "" && (err != nil || !addr.IsUnspecified() && !addr.IsLoopback()) {
			all = append(all, net.JoinHostPort(host, port))
		}
	}
	for _, a := range s.Addresses {
		add(a.Host, strconv.Itoa(a.QuorumPort))
		add(a.Host, strconv.Itoa(a.ElectionPort))
	}
	for _, client := range []string{s.Client, s.SecureClient} {
		if host, port, err := net.SplitHostPort(client); err == nil {
			add(host, port)
		}
	}
	return all
}
