package znode

import (
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/acl"
)

// Txn is a transaction. The leader decides beforehand what it does to a tree, so that its result is the same on every server. A
// write that fails is a transaction too, because it has used up a zxid.
type Txn struct {
	Zxid    int64
	Time    int64 // ms since 1970
	Session int64
	Op      wire.OpCode // what the request asked for
	Code    int32       // why it does nothing; 0 if it does something

	Path      string
	Data      []byte
	ACL       *acl.List
	Owner     int64    // of the new znode
	Version   int32    // the new version of data or ACL; for a create, the parent's new cversion
	Timeout   int32    // of a new session, in ms
	Paths     []string // the znodes that the end of a session deletes
	Parts     []Txn    // of a multi
	NoAnswer  bool     // see Plan.check
	Abandoned bool     // nothing but its zxid is used up, see Plan.multi
	Committed time.Time
}

// Result is the result of a transaction on a server.
type Result struct {
	Op    wire.OpCode
	Code  int32
	Path  string
	Stat  zk.Stat
	Data  []byte // of a reconfig
	Parts []Result
}

// Changes is told about each change that a transaction makes, right afterwards. The ACLs are those of the znode and of its parent;
// they decide who may be told.
type Changes interface {
	Created(path, parent string, zxid int64, list, parents *acl.List)
	Deleted(path, parent string, zxid int64, list, parents *acl.List)
	DataChanged(path string, zxid int64, list *acl.List)
}

// Apply applies a transaction to the tree, tells about each change, and records the zxid.
func (tr *Tree) Apply(t *Txn, to Changes) Result {
	r := tr.applyOne(t, t.Zxid, t.Time, to)
	tr.Zxid = t.Zxid
	return r
}

func (tr *Tree) applyOne(t *Txn, zxid, time int64, to Changes) Result {
	r := Result{Op: t.Op, Code: t.Code, Path: t.Path}
	if t.Code != wire.CodeOK && t.Parts == nil {
		return r
	}
	switch t.Op {
	case wire.OpCreate, wire.OpCreate2, wire.OpCreateContainer, wire.OpCreateTTL:
		r.Stat = tr.applyCreate(t, zxid, time, to)
	case wire.OpDelete, wire.OpDeleteContainer:
		tr.applyDelete(t.Path, zxid, to)
	case wire.OpSetData, wire.OpReconfig:
		r.Stat = tr.applySetData(t, zxid, time, to)
		r.Data = t.Data
	case wire.OpSetACL:
		n := tr.Find(t.Path)
		n.ACL, n.Aversion = t.ACL, t.Version
		r.Stat = n.Stat()
	case wire.OpCreateSession:
		tr.Sessions[t.Session] = t.Timeout
	case wire.OpClose:
		for _, path := range t.Paths {
			tr.applyDelete(path, zxid, to)
		}
		delete(tr.Ephemerals, t.Session)
		delete(tr.Sessions, t.Session)
	case wire.OpMulti:
		r.Parts = make([]Result, len(t.Parts))
		for i := range t.Parts {
			r.Parts[i] = tr.applyOne(&t.Parts[i], zxid, time, to)
		}
	}
	return r
}

func (tr *Tree) applyCreate(t *Txn, zxid, time int64, to Changes) zk.Stat {
	parentPath, name := SplitPath(t.Path)
	parent := tr.Find(parentPath)
	n := &Node{
		Name: string([]byte(name)), // a copy, which does not keep the whole path alive
		Data: t.Data, ACL: t.ACL, Owner: t.Owner,
		czxid: zxid, Mzxid: zxid, Pzxid: zxid, ctime: time, mtime: time,
	}
	parent.attach(n)
	parent.Cversion, parent.Pzxid = t.Version, zxid
	tr.Count++
	switch {
	case IsSession(t.Owner):
		owned := tr.Ephemerals[t.Owner]
		if owned == nil {
			owned = new(pathSet)
			tr.Ephemerals[t.Owner] = owned
		}
		owned.add(t.Path)
	case t.Owner != 0:
		tr.Expirables.add(t.Path)
	}
	st := n.Stat()
	tr.quotaCreated(t.Path, parentPath, name, int64(len(t.Data)))
	to.Created(t.Path, OrRoot(parentPath), zxid, t.ACL, parent.ACL)
	return st
}

func (tr *Tree) applyDelete(path string, zxid int64, to Changes) {
	n := tr.Find(path)
	if n == nil || n.Parent == nil {
		return
	}
	parent := n.Parent
	n.detach()
	parent.Pzxid = zxid
	tr.Count--
	switch {
	case IsSession(n.Owner):
		tr.Ephemerals[n.Owner].remove(path)
	case n.Owner != 0:
		tr.Expirables.remove(path)
	}
	parentPath, name := SplitPath(path)
	tr.quotaDeleted(path, parentPath, name, int64(len(n.Data)))
	to.Deleted(path, OrRoot(parentPath), zxid, n.ACL, parent.ACL)
}

func (tr *Tree) applySetData(t *Txn, zxid, time int64, to Changes) zk.Stat {
	n := tr.Find(t.Path)
	grown := int64(len(t.Data) - len(n.Data))
	n.Data, n.Version, n.mtime, n.Mzxid = t.Data, t.Version, time, zxid
	st := n.Stat()
	tr.quotaGrown(t.Path, grown)
	to.DataChanged(t.Path, zxid, n.ACL)
	return st
}

// OrRoot returns path, or "/" if it is empty, as SplitPath returns for the root.
func OrRoot(path string) string {
	if path == "" {
		return RootPath
	}
	return path
}
