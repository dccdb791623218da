package zktest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-zookeeper/zk"
)

// SessionInfo is what a server knows of a session.
type SessionInfo struct {
	ID         int64
	Timeout    time.Duration // as granted
	Server     int           // the number of the server that it was last seen on
	Connected  bool
	Addr       string    // of its connection, "" without
	Ephemerals []string  // the znodes that it owns, in order of their paths
	Auth       []string  // what its connection has shown to be, as "scheme:user"
	Expires    time.Time // if nothing more is heard of it
}

// Sessions returns all sessions, in order of their ids.
func (s *Server) Sessions() []SessionInfo {
	s.w.lock()
	defer s.w.release()
	var list []SessionInfo
	for _, id := range slices.Sorted(maps.Keys(s.w.sessions)) {
		list = append(list, s.w.sessionInfo(s.w.sessions[id]))
	}
	return list
}

func (w *world) sessionInfo(known *session) SessionInfo {
	info := SessionInfo{
		ID: known.id, Timeout: known.timeout,
		Expires: w.start.Add(time.Duration(known.expiry) * time.Millisecond),
	}
	if w.leader != nil {
		if owned := w.leader.tree.ephemerals[known.id]; owned.len() > 0 {
			info.Ephemerals = slices.Sorted(slices.Values(owned.list))
		}
	}
	if known.owner == nil {
		return info
	}
	info.Server = known.owner.id
	if c := known.owner.bySession[known.id]; c != nil {
		info.Connected, info.Addr = true, c.sock.RemoteAddr().String()
		for _, id := range c.ids {
			info.Auth = append(info.Auth, id.scheme+":"+id.user())
		}
	}
	return info
}

// WatchInfo is one watch on a server.
type WatchInfo struct {
	Session   int64
	Path      string
	Children  bool // of the children; otherwise of the data and of existence
	Once      bool // ends with its first event
	Recursive bool // of all that is below as well
}

// Watches returns the watches on this server, in order of path and session. A persistent watch is one of the data and one
// of the children.
func (s *Server) Watches() []WatchInfo {
	s.w.lock()
	defer s.w.release()
	var list []WatchInfo
	for _, t := range []*watchTable{s.data, s.children} {
		for _, here := range t.paths {
			for _, w := range here {
				if w.c.session == nil {
					continue
				}
				list = append(list, WatchInfo{
					Session: w.c.session.id, Path: w.path, Children: t == s.children,
					Once: w.mode&watchOnce != 0, Recursive: w.mode&watchRecursive != 0,
				})
			}
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

// WaitWatch waits until somebody watches path on this server. It fails when ctx ends.
func (s *Server) WaitWatch(ctx context.Context, path string) error {
	return s.w.until(ctx, "a watch of "+path, func() bool {
		return len(s.data.paths[path])+len(s.children.paths[path]) > 0
	})
}

// WaitSessions waits until there are n sessions, with a connection or without. It fails when ctx ends.
func (s *Server) WaitSessions(ctx context.Context, n int) error {
	return s.w.until(ctx, fmt.Sprintf("%d sessions", n), func() bool { return len(s.w.sessions) == n })
}

// Zxid returns the zxid of the last transaction that this server has applied.
func (s *Server) Zxid() int64 {
	s.w.lock()
	defer s.w.release()
	return s.tree.last
}

// Tree returns the znodes as text, one to a line in the order of their paths, without /zookeeper. It is the same in each
// run, so it can be compared with a file.
//
//	/
//	/app
//	/app/config = "x=1"
//	/app/member-0000000000 = "" (ephemeral)
func (s *Server) Tree() string {
	s.w.lock()
	defer s.w.release()
	var b strings.Builder
	writeNode(&b, rootPath, s.tree.root)
	return b.String()
}

func writeNode(b *strings.Builder, path string, n *node) {
	b.WriteString(path)
	if n.data != nil && (len(n.data) > 0 || n.parent != nil) {
		fmt.Fprintf(b, " = %q", n.data)
	}
	switch {
	case isSession(n.owner):
		b.WriteString(" (ephemeral)")
	case n.owner == containerOwner:
		b.WriteString(" (container)")
	case n.owner != 0:
		fmt.Fprintf(b, " (ttl %v)", ttlOf(n.owner))
	}
	if n.acl != openACL && n.acl != nil {
		for _, e := range n.acl.entries {
			fmt.Fprintf(b, " %s:%s:%s", e.Scheme, e.ID, permText(e.Perms))
		}
	}
	b.WriteByte('\n')
	if n.kids == nil {
		return
	}
	kids := slices.Clone(n.kids.list)
	slices.SortFunc(kids, func(a, b *node) int { return strings.Compare(a.name, b.name) })
	for _, kid := range kids {
		if n.parent == nil && kid.name == ownPath[1:] {
			continue
		}
		writeNode(b, strings.TrimSuffix(path, "/")+"/"+kid.name, kid)
	}
}

// permText is how zkCli writes permissions.
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
