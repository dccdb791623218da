package zkasync

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/ensemble"
)

// reconfigSpec is what the options of Reconfig set.
type reconfigSpec struct {
	joining, leaving, members []string
	whole                     bool
	from                      int64
}

// ReconfigOption is an option of [Client.Reconfig].
type ReconfigOption struct{ apply func(*reconfigSpec) error }

// Joining adds servers to the ensemble, each in the form "server.4=zk4:2888:3888:participant;2181", see [ensemble.ParseServer].
// A server whose id is already in the ensemble replaces the one with that id, for example to change its role. Each needs a port
// for clients. A server should run and follow the leader before it joins: until it does, the quorum counts it as a server that
// is down.
func Joining(servers ...string) ReconfigOption {
	return ReconfigOption{func(s *reconfigSpec) error {
		for _, line := range servers {
			server, err := ensemble.ParseServer(line)
			if err != nil {
				return err
			}
			if server.Client == "" && server.SecureClient == "" {
				return fmt.Errorf("joining server %q: want a port for clients after a semicolon", line)
			}
			s.joining = append(s.joining, strings.TrimSpace(line))
		}
		return nil
	}}
}

// Leaving removes the servers with these ids. Servers ignore ids that are not in the ensemble. A server that has left goes on
// running until somebody stops it.
func Leaving(ids ...int64) ReconfigOption {
	return ReconfigOption{func(s *reconfigSpec) error {
		for _, id := range ids {
			if id < 0 {
				return fmt.Errorf("leaving server %d: want an id of 0 or more", id)
			}
			s.leaving = append(s.leaving, strconv.FormatInt(id, 10))
		}
		return nil
	}}
}

// NewMembers replaces the whole configuration with servers in the form of Joining and, for hierarchical quorums, lines such as
// "group.1=1:2:3" and "weight.1=2". It cannot be combined with Joining and Leaving.
func NewMembers(lines ...string) ReconfigOption {
	return ReconfigOption{func(s *reconfigSpec) error {
		config, err := ensemble.Parse(strings.Join(lines, "\n"))
		if err != nil {
			return err
		}
		for _, line := range config.Other {
			if !strings.HasPrefix(line, "group.") && !strings.HasPrefix(line, "weight.") || strings.Contains(line, ",") {
				return fmt.Errorf("new member %q: want server.ID=…, group.ID=… or weight.ID=…", line)
			}
		}
		if config.Participants() == 0 {
			return errors.New("the new members have no participant")
		}
		s.whole = true
		for _, server := range config.Servers {
			s.members = append(s.members, server.String())
		}
		s.members = append(s.members, config.Other...)
		return nil
	}}
}

// FromVersion makes the reconfiguration conditional: it is rejected with zk.ErrBadVersion unless the present
// configuration has this version, see [ensemble.Config]. Without it, any version will do.
func FromVersion(version int64) ReconfigOption {
	return ReconfigOption{func(s *reconfigSpec) error {
		if version < 0 {
			return fmt.Errorf("from version %d: want 0 or more", version)
		}
		s.from = version
		return nil
	}}
}

// anyConfig matches every version.
const anyConfig int64 = -1

// Reconfig changes the members of the ensemble (Java: ZooKeeperAdmin.reconfigure; kazoo: reconfig_async; servers since 3.5,
// ZOOKEEPER-107): incrementally, with [Joining] and [Leaving], or as a whole, with [NewMembers]. The value is the new
// configuration. Malformed servers are refused before anything is sent.
//
// The servers need reconfigEnabled=true, otherwise they answer zk.ErrReconfigDisabled. The client needs the permission to write
// /zookeeper/config, which at first only the superuser has; otherwise the error is zk.ErrNoAuth. Other rejections are
// zk.ErrBadVersion, see [FromVersion]; [ErrReconfigInProgress], while another reconfiguration is under way;
// [ErrNewConfigNoQuorum], if too few participants of the new configuration follow the leader; zk.ErrBadArguments, for example
// if fewer than two participants would be left, or two servers have the same address; and [ErrUnimplemented], from a
// standalone server.
//
// If the leader leaves, or its address changes, another one takes over, and clients may lose their connections. The
// operations in flight then fail with [ErrOutcomeUnknown], including this one: [Client.Config] shows what has become of it. The
// client's own list of servers does not change; see [Client.UpdateServers].
func (c *Client) Reconfig(ctx context.Context, opts ...ReconfigOption) *future.Future[ensemble.Config] {
	o := new(reconfigRequest)
	o.init(&c.whole, ctx, c.completion(""), wire.OpReconfig, "")
	spec, err := newReconfigSpec(opts)
	if err != nil {
		o.refuse(err)
		return o.future()
	}
	o.joining, o.leaving, o.members = strings.Join(spec.joining, ","), strings.Join(spec.leaving, ","), strings.Join(spec.members, ",")
	o.from = spec.from
	return o.send(o)
}

func newReconfigSpec(opts []ReconfigOption) (reconfigSpec, error) {
	spec := reconfigSpec{from: anyConfig}
	for _, o := range opts {
		if o.apply == nil {
			continue
		}
		if err := o.apply(&spec); err != nil {
			return spec, err
		}
	}
	change := len(spec.joining)+len(spec.leaving) > 0
	switch {
	case spec.whole && change:
		return spec, errors.New("both new members and servers that join or leave: want either")
	case !spec.whole && !change:
		return spec, errors.New("no server joins or leaves, and there are no new members")
	}
	return spec, nil
}

// reconfigRequest is the request of Reconfig.
type reconfigRequest struct {
	op[ensemble.Config]
	joining, leaving, members string
	from                      int64
}

func (o *reconfigRequest) Size() int {
	return 3*4 + len(o.joining) + len(o.leaving) + len(o.members) + 8
}

func (o *reconfigRequest) Append(b []byte) []byte {
	return wire.AppendReconfig(b, o.joining, o.leaving, o.members, o.from)
}

func (o *reconfigRequest) Reply(code int32, body []byte) {
	if code != 0 {
		o.reject(code)
		return
	}
	o.finish(decodeConfig(o.v, body))
}
