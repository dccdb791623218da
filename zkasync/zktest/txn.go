package zktest

import (
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
)

// txn is a transaction: what a server does to its tree, decided by the leader beforehand, so that it comes out the same on
// every server. One that failed is a transaction as well: it has used its zxid up.
type txn struct {
	zxid    int64
	time    int64 // ms since 1970
	session int64
	op      wire.OpCode // what the request asked for
	code    int32       // why it does nothing; 0 when it does

	path      string
	data      []byte
	acl       *acl
	owner     int64    // of what is created
	version   int32    // new one of data or ACL; of a create, the parent's cversion
	timeout   int32    // of a new session, ms
	paths     []string // what the end of a session deletes
	parts     []txn    // of a multi
	noAnswer  bool     // see plan.check
	committed time.Time
}

// result is what a transaction has done on a server.
type result struct {
	op    wire.OpCode
	code  int32
	path  string
	stat  zk.Stat
	data  []byte // of a reconfig
	parts []result
}

// apply does a transaction to the tree of s, fires watches on the way, and moves s on in the history.
func (s *Server) apply(t *txn) result {
	r := s.applyOne(t, t.zxid, t.time)
	s.tree.last = t.zxid
	return r
}

func (s *Server) applyOne(t *txn, zxid, time int64) result {
	r := result{op: t.op, code: t.code, path: t.path}
	if t.code != codeOK && t.parts == nil {
		return r
	}
	switch t.op {
	case wire.OpCreate, wire.OpCreate2, wire.OpCreateContainer, wire.OpCreateTTL:
		r.stat = s.applyCreate(t, zxid, time)
	case wire.OpDelete, wire.OpDeleteContainer:
		s.applyDelete(t.path, zxid)
	case wire.OpSetData, wire.OpReconfig:
		r.stat = s.applySetData(t, zxid, time)
		r.data = t.data
	case wire.OpSetACL:
		n := s.tree.find(t.path)
		n.acl, n.aversion = t.acl, t.version
		r.stat = n.stat()
	case wire.OpCreateSession:
		s.tree.sessions[t.session] = t.timeout
	case wire.OpClose:
		for _, path := range t.paths {
			s.applyDelete(path, zxid)
		}
		delete(s.tree.ephemerals, t.session)
		delete(s.tree.sessions, t.session)
	case wire.OpMulti:
		r.parts = make([]result, len(t.parts))
		for i := range t.parts {
			r.parts[i] = s.applyOne(&t.parts[i], zxid, time)
		}
	}
	return r
}

func (s *Server) applyCreate(t *txn, zxid, time int64) zk.Stat {
	parentPath, name := splitPath(t.path)
	parent := s.tree.find(parentPath)
	n := &node{
		name: string([]byte(name)), // not the whole path
		data: t.data, acl: t.acl, owner: t.owner,
		czxid: zxid, mzxid: zxid, pzxid: zxid, ctime: time, mtime: time,
	}
	parent.attach(n)
	parent.cversion, parent.pzxid = t.version, zxid
	s.tree.count++
	switch {
	case isSession(t.owner):
		owned := s.tree.ephemerals[t.owner]
		if owned == nil {
			owned = new(pathSet)
			s.tree.ephemerals[t.owner] = owned
		}
		owned.add(t.path)
	case t.owner != 0:
		s.tree.expirables.add(t.path)
	}
	st := n.stat()
	s.quotaCreated(t.path, parentPath, name, int64(len(t.data)))
	s.data.trigger(s, zk.EventNodeCreated, t.path, zxid, t.acl, s.nextEvent())
	s.children.trigger(s, zk.EventNodeChildrenChanged, orRoot(parentPath), zxid, parent.acl, s.nextEvent())
	return st
}

func (s *Server) applyDelete(path string, zxid int64) {
	n := s.tree.find(path)
	if n == nil || n.parent == nil {
		return
	}
	parent := n.parent
	n.detach()
	parent.pzxid = zxid
	s.tree.count--
	switch {
	case isSession(n.owner):
		s.tree.ephemerals[n.owner].remove(path)
	case n.owner != 0:
		s.tree.expirables.remove(path)
	}
	parentPath, name := splitPath(path)
	s.quotaDeleted(path, parentPath, name, int64(len(n.data)))
	event := s.nextEvent() // one for both tables: a connection hears of a deletion once
	s.data.trigger(s, zk.EventNodeDeleted, path, zxid, n.acl, event)
	s.children.trigger(s, zk.EventNodeDeleted, path, zxid, n.acl, event)
	s.children.trigger(s, zk.EventNodeChildrenChanged, orRoot(parentPath), zxid, parent.acl, s.nextEvent())
}

func (s *Server) applySetData(t *txn, zxid, time int64) zk.Stat {
	n := s.tree.find(t.path)
	grown := int64(len(t.data) - len(n.data))
	n.data, n.version, n.mtime, n.mzxid = t.data, t.version, time, zxid
	st := n.stat()
	s.quotaGrown(t.path, grown)
	s.data.trigger(s, zk.EventNodeDataChanged, t.path, zxid, n.acl, s.nextEvent())
	return st
}

func orRoot(path string) string {
	if path == "" {
		return rootPath
	}
	return path
}
