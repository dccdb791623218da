package zktest

import (
	"fmt"
	"math"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
)

// plan decides what a write does (PrepRequestProcessor): it looks at the leader's tree and, inside a multi, at what the
// parts before have changed. The order of its checks is the server's, since the first that fails is the answer.
type plan struct {
	w       *world
	tree    *tree
	session int64
	ids     []identity
	changed map[string]outlook // inside a multi
}

// outlook is a znode as it will be.
type outlook struct {
	exists                      bool
	version, cversion, aversion int32
	children                    int
	owner                       int64
	acl                         *acl
	size                        int
}

func (p *plan) look(path string) (outlook, bool) {
	if o, ok := p.changed[orRoot(path)]; ok {
		return o, o.exists
	}
	n := p.tree.find(path)
	if n == nil {
		return outlook{}, false
	}
	return outlook{
		exists:  true,
		version: n.version, cversion: n.cversion, aversion: n.aversion,
		children: n.children(), owner: n.owner, acl: n.acl, size: len(n.data),
	}, true
}

func (p *plan) change(path string, o outlook) {
	if p.changed != nil {
		p.changed[orRoot(path)] = o
	}
}

// operation decides one write. The zxid of t has been used up whatever comes out.
func (p *plan) operation(o *operation, t *txn) {
	t.op = o.op
	if o.badMode {
		t.code = codeMarshalling
		return
	}
	switch o.op {
	case wire.OpCreate, wire.OpCreate2, wire.OpCreateContainer, wire.OpCreateTTL:
		t.code = p.create(o, t)
	case wire.OpDelete:
		t.code = p.delete(o, t)
	case wire.OpDeleteContainer:
		t.code = p.deleteContainer(o, t)
	case wire.OpSetData:
		t.code = p.setData(o, t)
	case wire.OpSetACL:
		t.code = p.setACL(o, t)
	case wire.OpCheck:
		t.code = p.check(o, t)
	case wire.OpMulti:
		p.multi(o, t)
	case wire.OpReconfig:
		t.code = p.reconfig(o, t)
	default:
		t.code = codeMarshalling // a read in a multi
	}
}

func (p *plan) create(o *operation, t *txn) int32 {
	if o.flags < 0 || o.flags > flagTTLSequential {
		return codeBadArguments
	}
	withTTL := o.flags == flagTTL || o.flags == flagTTLSequential
	switch {
	case withTTL && !p.w.cfg.extendedTypes:
		return codeUnimplemented
	case withTTL && (o.ttl <= 0 || o.ttl > maxTTL), !withTTL && o.ttl >= 0, !withTTL && o.op == wire.OpCreateTTL:
		return codeBadArguments
	}
	if code := p.w.checkSession(p.session); code != codeOK {
		return code
	}
	switch {
	case o.path.null:
		return codeMarshalling
	case !creatable(o.path.s):
		return codeBadArguments
	}
	path := o.path.s
	parentPath, _ := splitPath(path)
	list, ok := p.w.cfg.fixACL(o.acl, p.ids)
	if !ok {
		return codeInvalidACL
	}
	parent, ok := p.look(parentPath)
	if !ok {
		return codeNoNode
	}
	if !parent.acl.allows(zk.PermCreate, p.ids) {
		return codeNoAuth
	}
	if o.flags == flagSequential || o.flags == flagEphemeralSequential || o.flags == flagTTLSequential {
		path = fmt.Sprintf("%s%010d", path, parent.cversion)
	}
	if !validPath(path) {
		return codeBadArguments
	}
	if _, exists := p.look(path); exists {
		return codeNodeExists
	}
	if isSession(parent.owner) {
		return codeEphemeralParent
	}
	if !p.w.leader.quotaAllows(path, int64(len(o.data)), 1) {
		return codeQuotaExceeded
	}
	t.path, t.data, t.acl = path, o.data, list
	t.owner = p.ownerFor(o)
	t.version = parent.cversion + 1
	parent.cversion++
	parent.children++
	p.change(parentPath, parent)
	p.change(path, outlook{exists: true, owner: t.owner, acl: list, size: len(o.data)})
	return codeOK
}

// ownerFor goes by the type of the request, not by its flags: a plain create with the flag of a container makes a
// persistent znode.
func (p *plan) ownerFor(o *operation) int64 {
	switch {
	case o.op == wire.OpCreateContainer:
		return containerOwner
	case o.op == wire.OpCreateTTL:
		return ttlOwner(o.ttl)
	case o.flags == flagEphemeral || o.flags == flagEphemeralSequential:
		return p.session
	default:
		return 0
	}
}

func (p *plan) delete(o *operation, t *txn) int32 {
	if code := p.w.checkSession(p.session); code != codeOK {
		return code
	}
	switch {
	case o.path.null:
		return codeMarshalling
	case !deletable(o.path.s):
		return codeBadArguments
	}
	path := o.path.s
	parentPath, _ := splitPath(path)
	parent, ok := p.look(parentPath)
	switch {
	case !ok:
		return codeNoNode
	case !parent.acl.allows(zk.PermDelete, p.ids):
		return codeNoAuth
	}
	n, ok := p.look(path)
	switch {
	case !ok:
		return codeNoNode
	case o.version != -1 && o.version != n.version:
		return codeBadVersion
	case n.children > 0:
		return codeNotEmpty
	}
	p.remove(path, parentPath, parent, t)
	return codeOK
}

func (p *plan) remove(path, parentPath string, parent outlook, t *txn) {
	t.path = path
	parent.children--
	p.change(parentPath, parent)
	p.change(path, outlook{})
}

// deleteContainer is what the server's own cleaner asks for. There is no check of permissions behind it. A client that
// sends it is refused by most releases, by accident: they take the whole record for the path.
func (p *plan) deleteContainer(o *operation, t *txn) int32 {
	if p.session != 0 && !p.w.cfg.behaviour.containerGoes || !deletable(o.path.s) {
		return codeBadArguments
	}
	n, ok := p.look(o.path.s)
	switch {
	case !ok:
		return codeNoNode
	case n.children > 0:
		return codeNotEmpty
	case isSession(n.owner):
		return codeBadVersion
	}
	parentPath, _ := splitPath(o.path.s)
	parent, _ := p.look(parentPath)
	p.remove(o.path.s, parentPath, parent, t)
	return codeOK
}

func (p *plan) setData(o *operation, t *txn) int32 {
	if code := p.w.checkSession(p.session); code != codeOK {
		return code
	}
	if !validPath(o.path.s) {
		return codeBadArguments
	}
	n, ok := p.look(o.path.s)
	switch {
	case !ok:
		return codeNoNode
	case !n.acl.allows(zk.PermWrite, p.ids):
		return codeNoAuth
	case !p.w.leader.quotaAllows(o.path.s, int64(len(o.data)-n.size), 0):
		return codeQuotaExceeded
	case o.version != -1 && o.version != n.version:
		return codeBadVersion
	}
	t.path, t.data, t.version = o.path.s, o.data, p.w.cfg.behaviour.nextVersion(n.version)
	n.version, n.size = t.version, len(o.data)
	p.change(o.path.s, n)
	return codeOK
}

func (p *plan) setACL(o *operation, t *txn) int32 {
	if code := p.w.checkSession(p.session); code != codeOK {
		return code
	}
	if !validPath(o.path.s) {
		return codeBadArguments
	}
	list, ok := p.w.cfg.fixACL(o.acl, p.ids)
	if !ok {
		return codeInvalidACL
	}
	n, ok := p.look(o.path.s)
	switch {
	case !ok:
		return codeNoNode
	case !n.acl.allows(zk.PermAdmin, p.ids):
		return codeNoAuth
	case o.version != -1 && o.version != n.aversion:
		return codeBadVersion
	}
	t.path, t.acl, t.version = o.path.s, list, p.w.cfg.behaviour.nextVersion(n.aversion)
	n.acl, n.aversion = list, t.version
	p.change(o.path.s, n)
	return codeOK
}

func (p *plan) check(o *operation, t *txn) int32 {
	if code := p.w.checkSession(p.session); code != codeOK {
		return code
	}
	if !validPath(o.path.s) {
		return codeBadArguments
	}
	n, ok := p.look(o.path.s)
	switch {
	case !ok:
		return codeNoNode
	case !n.acl.allows(zk.PermRead, p.ids):
		return codeNoAuth
	case o.version != -1 && o.version != n.version:
		return codeBadVersion
	}
	t.path = o.path.s
	// One that succeeds outside a multi is never answered: the server stumbles over its own reply (ZOOKEEPER-2623).
	t.noAnswer = p.changed == nil
	return codeOK
}

// multi decides part after part. When one fails nothing is done: those before it report OK, those after it
// RUNTIMEINCONSISTENCY, and sequence numbers count as never given.
func (p *plan) multi(o *operation, t *txn) {
	for i := range o.sub {
		if !o.sub[i].settleMode(&p.w.cfg.behaviour) {
			t.code = codeMarshalling
			return
		}
	}
	p.changed = make(map[string]outlook)
	t.parts = make([]txn, len(o.sub))
	for i := range o.sub {
		part := &t.parts[i]
		part.session = p.session
		p.operation(&o.sub[i], part)
		if part.code == codeOK {
			continue
		}
		if part.code == codeMarshalling || part.code == codeSessionMoved { // exceptions of other kinds: all of it fails
			t.code, t.parts = part.code, nil
			return
		}
		t.code = part.code
		for j := range t.parts {
			if j < i {
				t.parts[j] = txn{op: wire.OpError, code: codeOK}
			} else if j > i {
				t.parts[j] = txn{op: wire.OpError, code: codeInconsistency}
			}
		}
		part.op = wire.OpError
		return
	}
}

// nextVersion is the version after v. Until ZOOKEEPER-4743 it could become -1, which no client can ask for.
func (b *behaviour) nextVersion(v int32) int32 {
	if b.skipVersion && v == -2 {
		return 0
	}
	if v == math.MaxInt32 {
		return math.MinInt32
	}
	return v + 1
}
