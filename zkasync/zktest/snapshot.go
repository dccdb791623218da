package zktest

import "slices"

// Snapshot is the state of a server at one moment: its znodes, its sessions and how far it was. It does not change.
type Snapshot struct {
	tree *tree
	zxid int64
}

// Snapshot takes a snapshot of what this server has applied.
func (s *Server) Snapshot() *Snapshot {
	s.w.lock()
	defer s.w.release()
	return &Snapshot{tree: s.tree.clone(), zxid: s.tree.last}
}

// Restore puts a server back to a snapshot, its own or another's, as if it had been restarted with the data of that time:
// all connections are closed, the sessions of the snapshot have their full time from now on, and zxids go on from there. A
// client that has seen more since then is turned away by a server that has gone back. In an ensemble all servers are put
// back.
func (s *Server) Restore(snap *Snapshot) {
	w := s.w
	w.lock()
	defer w.release()
	w.zxid = snap.zxid
	clear(w.sessions)
	for _, each := range w.servers {
		for _, c := range each.connsInOrder() {
			c.drop()
		}
		each.tree = snap.tree.clone()
		each.backlog, each.applied = nil, nil
		clear(each.waiting)
		each.data.reset()
		each.children.reset()
	}
	for _, id := range sortedSessions(snap.tree) {
		w.track(id, msDuration(snap.tree.sessions[id]), nil)
	}
	w.planCleaning()
	w.tell()
}

func sortedSessions(t *tree) []int64 {
	ids := make([]int64, 0, len(t.sessions))
	for id := range t.sessions {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
