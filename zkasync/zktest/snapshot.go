package zktest

import "github.com/zkasync/zkasync-go/zkasync/zktest/internal/znode"

// Snapshot is the state of a server at one moment: its znodes, its sessions and its zxid. It does not change.
type Snapshot struct{ tree *znode.Tree }

// Snapshot returns a snapshot of what this server has applied.
func (s *Server) Snapshot() *Snapshot {
	s.w.Lock()
	defer s.w.Unlock()
	return &Snapshot{s.in.Tree().Clone()}
}

// Restore puts the server back to a snapshot, its own or another server's, as if it had been restarted with the data of
// that time: all connections are closed, the sessions of the snapshot get their full timeout again, and zxids continue
// from there. A server that has gone back refuses clients that have seen later zxids. In an ensemble, Restore restores all
// servers.
func (s *Server) Restore(snap *Snapshot) {
	s.w.Lock()
	defer s.w.Unlock()
	s.w.Cluster.Restore(snap.tree)
}
