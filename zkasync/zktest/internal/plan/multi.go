package plan

import (
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/acl"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/jute"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/znode"
)

// outlook is a znode as it will be after the earlier parts of a multi.
type outlook struct {
	exists                      bool
	version, cversion, aversion int32
	children                    int
	owner                       int64
	acl                         *acl.List
	size                        int
}

func (p *Plan) look(path string) (outlook, bool) {
	if o, ok := p.changed[znode.OrRoot(path)]; ok {
		return o, o.exists
	}
	n := p.Tree.Find(path)
	if n == nil {
		return outlook{}, false
	}
	return outlook{
		exists:  true,
		version: n.Version, cversion: n.Cversion, aversion: n.Aversion,
		children: n.NumKids(), owner: n.Owner, acl: n.ACL, size: len(n.Data),
	}, true
}

func (p *Plan) change(path string, o outlook) {
	if p.changed != nil {
		p.changed[znode.OrRoot(path)] = o
	}
}

// multi decides one part after the other. If one fails, nothing is done: the parts before it report OK, those after it
// RUNTIMEINCONSISTENCY, and their sequence numbers are not used up.
func (p *Plan) multi(o *jute.Operation, t *znode.Txn) {
	for i := range o.Parts {
		if !o.Parts[i].SettleMode(&p.Rules.Behaviour) {
			t.Code = wire.CodeMarshalling
			return
		}
	}
	for i := range o.Parts {
		if o.Parts[i].Path.Null { // the server fails when it looks for the changes that a rollback would restore
			t.Code, t.Abandoned = wire.CodeMarshalling, !p.Rules.FailuresKept
			return
		}
	}
	p.changed = make(map[string]outlook)
	t.Parts = make([]znode.Txn, len(o.Parts))
	for i := range o.Parts {
		part := &t.Parts[i]
		part.Session = p.Session
		p.Decide(&o.Parts[i], part)
		if part.Code == wire.CodeOK {
			continue
		}
		if part.Code == wire.CodeMarshalling || part.Code == wire.CodeSessionMoved { // these fail the multi as a whole
			t.Code, t.Parts = part.Code, nil
			return
		}
		t.Code = part.Code
		for j := range t.Parts {
			if j < i {
				t.Parts[j] = znode.Txn{Op: wire.OpError, Code: wire.CodeOK}
			} else if j > i {
				t.Parts[j] = znode.Txn{Op: wire.OpError, Code: wire.CodeInconsistency}
			}
		}
		part.Op = wire.OpError
		return
	}
}
