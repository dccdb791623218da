// Package plan decides the outcome of a write: a transaction that can be applied on every server, or the reason why it fails. It
// reads a tree and changes nothing.
package plan

import (
	"fmt"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/acl"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/jute"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/release"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/znode"
)

// Plan decides what a write does (PrepRequestProcessor). It looks at the leader's tree and, inside a multi, at what earlier parts
// change. Its checks have the server's order, since the first one that fails decides the answer.
type Plan struct {
	Rules   *Rules
	Tree    *znode.Tree
	Session int64 // 0: the server itself
	Denied  int32 // why the session may not write, 0 if it may
	IDs     []acl.Identity
	Servers *Servers           // nil: a standalone server
	changed map[string]outlook // inside a multi, the znodes that earlier parts change
}

// Rules are the configuration that decides which writes are allowed.
type Rules struct {
	release.Behaviour
	ACL           acl.Rules
	ExtendedTypes bool // znodes may have a TTL
	EnforceQuota  bool
	Reconfig      bool
}

// Decide decides one write. It uses up the zxid of t, whatever the outcome is.
func (p *Plan) Decide(o *jute.Operation, t *znode.Txn) {
	t.Op = o.Op
	if o.BadMode {
		t.Code = wire.CodeMarshalling
		return
	}
	switch o.Op {
	case wire.OpCreate, wire.OpCreate2, wire.OpCreateContainer, wire.OpCreateTTL:
		t.Code = p.create(o, t)
	case wire.OpDelete:
		t.Code = p.delete(o, t)
	case wire.OpDeleteContainer:
		t.Code = p.deleteContainer(o, t)
	case wire.OpSetData:
		t.Code = p.setData(o, t)
	case wire.OpSetACL:
		t.Code = p.setACL(o, t)
	case wire.OpCheck:
		t.Code = p.check(o, t)
	case wire.OpMulti:
		p.multi(o, t)
	case wire.OpReconfig:
		t.Code = p.reconfig(o, t)
	default:
		t.Code = wire.CodeMarshalling // a read in a multi
	}
}

func (p *Plan) create(o *jute.Operation, t *znode.Txn) int32 {
	if o.Flags < 0 || o.Flags > jute.FlagTTLSequential {
		return wire.CodeBadArguments
	}
	withTTL := o.Flags == jute.FlagTTL || o.Flags == jute.FlagTTLSequential
	switch {
	case withTTL && !p.Rules.ExtendedTypes:
		return wire.CodeUnimplemented
	case withTTL && (o.TTL <= 0 || o.TTL > znode.MaxTTL), !withTTL && o.TTL >= 0, !withTTL && o.Op == wire.OpCreateTTL:
		return wire.CodeBadArguments
	}
	if p.Denied != wire.CodeOK {
		return p.Denied
	}
	switch {
	case o.Path.Null:
		return wire.CodeMarshalling
	case !znode.Creatable(o.Path.S):
		return wire.CodeBadArguments
	}
	path := o.Path.S
	parentPath, _ := znode.SplitPath(path)
	list, code := p.fixACL(o)
	if code != wire.CodeOK {
		return code
	}
	parent, ok := p.look(parentPath)
	if !ok {
		return wire.CodeNoNode
	}
	if !parent.acl.Allows(zk.PermCreate, p.IDs) {
		return wire.CodeNoAuth
	}
	if o.Flags == jute.FlagSequential || o.Flags == jute.FlagEphemeralSequential || o.Flags == jute.FlagTTLSequential {
		path = fmt.Sprintf("%s%010d", path, parent.cversion)
	}
	if !znode.ValidPath(path) {
		return wire.CodeBadArguments
	}
	if _, exists := p.look(path); exists {
		return wire.CodeNodeExists
	}
	if znode.IsSession(parent.owner) {
		return wire.CodeEphemeralParent
	}
	if code := p.checkQuota(path, int64(len(o.Data)), 1); code != wire.CodeOK {
		return code
	}
	t.Path, t.Data, t.ACL = path, o.Data, list
	t.Owner = p.ownerFor(o)
	t.Version = parent.cversion + 1
	parent.cversion++
	parent.children++
	p.change(parentPath, parent)
	p.change(path, outlook{exists: true, owner: t.Owner, acl: list, size: len(o.Data)})
	return wire.CodeOK
}

// ownerFor goes by the type of the request, not by its flags: a plain create with the flag of a container creates a persistent
// znode.
func (p *Plan) ownerFor(o *jute.Operation) int64 {
	switch {
	case o.Op == wire.OpCreateContainer:
		return znode.ContainerOwner
	case o.Op == wire.OpCreateTTL:
		return znode.TTLOwner(o.TTL)
	case o.Flags == jute.FlagEphemeral || o.Flags == jute.FlagEphemeralSequential:
		return p.Session
	default:
		return 0
	}
}

func (p *Plan) delete(o *jute.Operation, t *znode.Txn) int32 {
	if p.Denied != wire.CodeOK {
		return p.Denied
	}
	switch {
	case o.Path.Null:
		return wire.CodeMarshalling
	case !znode.Deletable(o.Path.S):
		return wire.CodeBadArguments
	}
	path := o.Path.S
	parentPath, _ := znode.SplitPath(path)
	parent, ok := p.look(parentPath)
	switch {
	case !ok:
		return wire.CodeNoNode
	case !parent.acl.Allows(zk.PermDelete, p.IDs):
		return wire.CodeNoAuth
	}
	n, ok := p.look(path)
	switch {
	case !ok:
		return wire.CodeNoNode
	case o.Version != -1 && o.Version != n.version:
		return wire.CodeBadVersion
	case n.children > 0:
		return wire.CodeNotEmpty
	}
	p.remove(path, parentPath, parent, t)
	return wire.CodeOK
}

func (p *Plan) remove(path, parentPath string, parent outlook, t *znode.Txn) {
	t.Path = path
	parent.children--
	p.change(parentPath, parent)
	p.change(path, outlook{})
}

// deleteContainer decides a request of the server's own cleaner, without a check of permissions. If a client sends it, most releases
// refuse it by accident, because they take the whole record for the path.
func (p *Plan) deleteContainer(o *jute.Operation, t *znode.Txn) int32 {
	if p.Session != 0 && !p.Rules.ContainerGoes || !znode.Deletable(o.Path.S) {
		return wire.CodeBadArguments
	}
	n, ok := p.look(o.Path.S)
	switch {
	case !ok:
		return wire.CodeNoNode
	case n.children > 0:
		return wire.CodeNotEmpty
	case znode.IsSession(n.owner):
		return wire.CodeBadVersion
	}
	parentPath, _ := znode.SplitPath(o.Path.S)
	parent, _ := p.look(parentPath)
	p.remove(o.Path.S, parentPath, parent, t)
	return wire.CodeOK
}

func (p *Plan) setData(o *jute.Operation, t *znode.Txn) int32 {
	if p.Denied != wire.CodeOK {
		return p.Denied
	}
	if !znode.ValidPath(o.Path.S) {
		return wire.CodeBadArguments
	}
	n, ok := p.look(o.Path.S)
	switch {
	case !ok:
		return wire.CodeNoNode
	case !n.acl.Allows(zk.PermWrite, p.IDs):
		return wire.CodeNoAuth
	}
	if code := p.checkQuota(o.Path.S, int64(len(o.Data)-n.size), 0); code != wire.CodeOK {
		return code
	}
	if o.Version != -1 && o.Version != n.version {
		return wire.CodeBadVersion
	}
	t.Path, t.Data, t.Version = o.Path.S, o.Data, p.Rules.NextVersion(n.version)
	n.version, n.size = t.Version, len(o.Data)
	p.change(o.Path.S, n)
	return wire.CodeOK
}

func (p *Plan) fixACL(o *jute.Operation) (*acl.List, int32) {
	list, verdict := p.Rules.ACL.Fix(o.ACL, o.Nulls, p.IDs)
	switch verdict {
	case acl.Valid:
		return list, wire.CodeOK
	case acl.Invalid:
		return nil, wire.CodeInvalidACL
	default:
		return nil, wire.CodeMarshalling
	}
}

func (p *Plan) setACL(o *jute.Operation, t *znode.Txn) int32 {
	if p.Denied != wire.CodeOK {
		return p.Denied
	}
	if !znode.ValidPath(o.Path.S) {
		return wire.CodeBadArguments
	}
	list, code := p.fixACL(o)
	if code != wire.CodeOK {
		return code
	}
	n, ok := p.look(o.Path.S)
	switch {
	case !ok:
		return wire.CodeNoNode
	case !n.acl.Allows(zk.PermAdmin, p.IDs):
		return wire.CodeNoAuth
	case o.Version != -1 && o.Version != n.aversion:
		return wire.CodeBadVersion
	}
	t.Path, t.ACL, t.Version = o.Path.S, list, p.Rules.NextVersion(n.aversion)
	n.acl, n.aversion = list, t.Version
	p.change(o.Path.S, n)
	return wire.CodeOK
}

func (p *Plan) check(o *jute.Operation, t *znode.Txn) int32 {
	if p.Denied != wire.CodeOK {
		return p.Denied
	}
	if !znode.ValidPath(o.Path.S) {
		return wire.CodeBadArguments
	}
	n, ok := p.look(o.Path.S)
	switch {
	case !ok:
		return wire.CodeNoNode
	case !n.acl.Allows(zk.PermRead, p.IDs):
		return wire.CodeNoAuth
	case o.Version != -1 && o.Version != n.version:
		return wire.CodeBadVersion
	}
	t.Path = o.Path.S
	// A check that succeeds outside a multi is never answered, because the server fails on its own reply (ZOOKEEPER-2623).
	t.NoAnswer = p.changed == nil
	return wire.CodeOK
}

func (p *Plan) checkQuota(path string, bytes, znodes int64) int32 {
	if !p.Rules.EnforceQuota {
		return wire.CodeOK
	}
	return p.Tree.CheckQuota(path, bytes, znodes)
}
