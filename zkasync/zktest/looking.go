package zktest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/acl"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/history"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/serve"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/znode"
)

// SessionInfo is what a server knows about a session.
type SessionInfo struct {
	ID         int64
	Timeout    time.Duration // as granted
	Server     int           // the number of the server on which it was last seen
	Connected  bool
	Addr       string    // the client's address, "" without a connection
	Ephemerals []string  // the znodes that it owns, in the order of their paths
	Auth       []string  // the ids of its connection, as "scheme:user"
	Expires    time.Time // when it ends if nothing more is heard from the client
}

// Sessions returns all sessions, in the order of their ids.
func (s *Server) Sessions() []SessionInfo {
	s.w.Lock()
	defer s.w.Unlock()
	var list []SessionInfo
	for _, known := range s.w.Cluster.Sessions() {
		list = append(list, s.w.sessionInfo(known))
	}
	return list
}

func (w *world) sessionInfo(known *history.Session) SessionInfo {
	info := SessionInfo{ID: known.ID, Timeout: known.Timeout, Expires: w.Expires(known)}
	if leader := w.Leader(); leader != nil {
		if owned := leader.Tree().Ephemerals[known.ID]; owned.Len() > 0 {
			info.Ephemerals = slices.Sorted(slices.Values(owned.List))
		}
	}
	if known.Owner == nil {
		return info
	}
	info.Server = known.Owner.Number()
	if c, there := w.servers[info.Server-1].in.ConnOf(known.ID); there {
		info.Connected, info.Addr = true, c.Addr.String()
		for _, id := range c.IDs {
			info.Auth = append(info.Auth, id.Scheme+":"+id.User())
		}
	}
	return info
}

// WatchInfo is one watch on a server.
type WatchInfo struct {
	Session   int64
	Path      string
	Children  bool // it is a watch of children; otherwise of data and existence
	Once      bool // it ends with its first event
	Recursive bool // it also covers everything below
}

// Watches returns the watches on this server, ordered by path and session. A persistent watch appears twice: as a watch of
// data, and as one of children.
func (s *Server) Watches() []WatchInfo {
	s.w.Lock()
	defer s.w.Unlock()
	var list []WatchInfo
	for w := range s.in.Watches().All() {
		if id := serve.SessionOf(w.By); id != 0 {
			list = append(list, WatchInfo{Session: id, Path: w.Path, Children: w.Children, Once: w.Once, Recursive: w.Recursive})
		}
	}
	slices.SortStableFunc(list, func(a, b WatchInfo) int {
		if d := strings.Compare(a.Path, b.Path); d != 0 {
			return d
		}
		return int(min(1, max(-1, a.Session-b.Session)))
	})
	return list
}

// WaitWatch waits until there is a watch of path on this server. It fails when ctx ends.
func (s *Server) WaitWatch(ctx context.Context, path string) error {
	return waited("a watch of "+path, s.w.Wait(ctx, func() bool { return s.in.Watches().Watched(path) }))
}

// WaitSessions waits until there are n sessions, with a connection or without. It fails when ctx ends.
func (s *Server) WaitSessions(ctx context.Context, n int) error {
	return waited(fmt.Sprintf("%d sessions", n), s.w.Wait(ctx, func() bool { return len(s.w.Cluster.Sessions()) == n }))
}

// Zxid returns the zxid of the last transaction that this server has applied.
func (s *Server) Zxid() int64 {
	s.w.Lock()
	defer s.w.Unlock()
	return s.in.Tree().Zxid
}

// Tree returns the znodes as text, one per line in the order of their paths, without /zookeeper. The text does not differ
// from run to run, so it can be compared with a file.
//
//	/
//	/app
//	/app/config = "x=1"
//	/app/member-0000000000 = "" (ephemeral)
func (s *Server) Tree() string {
	s.w.Lock()
	defer s.w.Unlock()
	var b strings.Builder
	writeNode(&b, znode.RootPath, s.in.Tree().Root)
	return b.String()
}

func writeNode(b *strings.Builder, path string, n *znode.Node) {
	b.WriteString(path)
	if n.Data != nil && (len(n.Data) > 0 || n.Parent != nil) {
		fmt.Fprintf(b, " = %q", n.Data)
	}
	switch {
	case znode.IsSession(n.Owner):
		b.WriteString(" (ephemeral)")
	case n.Owner == znode.ContainerOwner:
		b.WriteString(" (container)")
	case n.Owner != 0:
		fmt.Fprintf(b, " (ttl %v)", znode.TTLOf(n.Owner))
	}
	if n.ACL != acl.Open && n.ACL != nil {
		for _, e := range n.ACL.Entries {
			fmt.Fprintf(b, " %s:%s:%s", e.Scheme, e.ID, permText(e.Perms))
		}
	}
	b.WriteByte('\n')
	kids := slices.Clone(n.Kids())
	slices.SortFunc(kids, func(a, b *znode.Node) int { return strings.Compare(a.Name, b.Name) })
	for _, kid := range kids {
		if n.Parent == nil && kid.Name == znode.OwnPath[1:] {
			continue
		}
		writeNode(b, strings.TrimSuffix(path, "/")+"/"+kid.Name, kid)
	}
}

// permText formats permissions as zkCli does.
func permText(perms int32) string {
	text := ""
	for _, p := range []struct {
		bit  int32
		name string
	}{{zk.PermCreate, "c"}, {zk.PermDelete, "d"}, {zk.PermRead, "r"}, {zk.PermWrite, "w"}, {zk.PermAdmin, "a"}} {
		if perms&p.bit != 0 {
			text += p.name
		}
	}
	return text
}
