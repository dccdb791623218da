// Package answer makes the records of answers: it reads the data for a client, and encodes the results of writes. It knows neither
// connections nor the headers of answers.
package answer

import (
	"slices"
	"strings"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/acl"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/javahash"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/jute"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/release"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/watch"
	"github.com/zkasync/zkasync-go/zkasync/zktest/internal/znode"
)

// Reader reads for one client, and sets the watches that the client asks for.
type Reader struct {
	Tree    *znode.Tree
	Watches *watch.Tables
	Rules   *release.Behaviour
	Shuffle func(list []string) // shuffles, in place, a list whose order servers do not promise; nil: leave it

	By      watch.Watcher  // the client
	IDs     []acl.Identity // of the client
	Session int64

	out []byte
}

// Append appends the record of the answer to a request, and returns the code of the answer. If the code is not CodeOK, the caller
// must drop the record, unless keep is true.
func (r *Reader) Append(b []byte, o *jute.Operation) (_ []byte, code int32, keep bool) {
	r.out = b
	code, keep = r.read(o)
	return r.out, code, keep
}

func (r *Reader) read(o *jute.Operation) (code int32, keep bool) {
	switch o.Op {
	case wire.OpExists:
		return r.exists(o), false
	case wire.OpGetData:
		return r.getData(o), false
	case wire.OpGetChildren:
		return r.getChildren(o, false), false
	case wire.OpGetChildren2:
		return r.getChildren(o, true), false
	case wire.OpGetACL:
		return r.getACL(o), false
	case wire.OpGetAllChildrenNumber:
		return r.countAll(o), false
	case wire.OpGetEphemerals:
		r.out = wire.AppendStrings(r.out, r.ephemeralsOf(o.Path.S))
		return wire.CodeOK, false
	case wire.OpWhoAmI:
		r.out = wire.AppendInt32(r.out, int32(len(r.IDs)))
		for _, id := range r.IDs {
			r.out = wire.AppendString(r.out, id.Scheme)
			r.out = wire.AppendString(r.out, id.User())
		}
		return wire.CodeOK, false
	case wire.OpAddWatch:
		if code := r.Watches.Add(r.By, o.Path.S, o.Flags); code != wire.CodeOK {
			return code, false
		}
		r.out = wire.AppendInt32(r.out, wire.CodeOK) // an ErrorResponse
		return wire.CodeOK, false
	case wire.OpRemoveWatches:
		return r.Watches.Remove(r.By, o.Path.S, o.Flags), false
	case wire.OpCheckWatches:
		return r.Watches.Check(r.By, o.Path.S, o.Flags), false
	case wire.OpSetWatches, wire.OpSetWatches2:
		if o.Null {
			return wire.CodeMarshalling, false
		}
		return wire.CodeOK, false // the caller has set the watches before
	case wire.OpMultiRead:
		if o.KeeperReads && !r.Rules.KeeperReads {
			return wire.CodeMarshalling, false
		}
		return r.readMany(o)
	default:
		return wire.CodeUnimplemented, false
	}
}

// node returns a znode for which the client has one of the permissions.
func (r *Reader) node(path jute.Text, perms int32) (*znode.Node, int32) {
	if path.Null {
		return nil, wire.CodeMarshalling
	}
	n := r.Tree.Find(path.S)
	switch {
	case n == nil:
		return nil, wire.CodeNoNode
	case !n.ACL.Allows(perms, r.IDs):
		return nil, wire.CodeNoAuth
	}
	return n, wire.CodeOK
}

// exists sets its watch even if the znode does not exist. Before ZOOKEEPER-2590 it needs no permission.
func (r *Reader) exists(o *jute.Operation) int32 {
	switch {
	case o.Path.Null:
		return wire.CodeMarshalling
	case strings.IndexByte(o.Path.S, 0) >= 0:
		return wire.CodeBadArguments
	}
	n := r.Tree.Find(o.Path.S)
	if n != nil && r.Rules.ExistsReads && !n.ACL.Allows(zk.PermRead, r.IDs) {
		return wire.CodeNoAuth
	}
	if o.Watch {
		r.Watches.AddData(o.Path.S, r.By)
	}
	if n == nil {
		return wire.CodeNoNode
	}
	r.putStat(n)
	return wire.CodeOK
}

func (r *Reader) getData(o *jute.Operation) int32 {
	n, code := r.node(o.Path, zk.PermRead)
	if code != wire.CodeOK {
		return code
	}
	if o.Watch {
		r.Watches.AddData(o.Path.S, r.By)
	}
	r.out = wire.AppendBuffer(r.out, n.Data)
	r.putStat(n)
	return wire.CodeOK
}

func (r *Reader) getChildren(o *jute.Operation, withStat bool) int32 {
	n, code := r.node(o.Path, zk.PermRead)
	if code != wire.CodeOK {
		return code
	}
	if o.Watch {
		r.Watches.AddChildren(o.Path.S, r.By)
	}
	r.putChildren(n)
	if withStat {
		r.putStat(n)
	}
	return wire.CodeOK
}

func (r *Reader) putChildren(n *znode.Node) {
	kids := n.Kids()
	if r.Shuffle == nil || len(kids) == 0 {
		r.out = wire.AppendInt32(r.out, int32(len(kids)))
		for _, kid := range kids {
			r.out = wire.AppendString(r.out, kid.Name)
		}
		return
	}
	names := make([]string, 0, len(kids))
	for _, kid := range kids {
		names = append(names, kid.Name)
	}
	r.out = wire.AppendStrings(r.out, r.order(names))
}

func (r *Reader) getACL(o *jute.Operation) int32 {
	n, code := r.node(o.Path, zk.PermRead|zk.PermAdmin)
	if code != wire.CodeOK {
		return code
	}
	entries := n.ACL.Entries
	if !n.ACL.Allows(zk.PermAdmin, r.IDs) {
		entries = n.ACL.WithoutDigests()
	}
	r.out = wire.AppendACLs(r.out, entries)
	r.putStat(n)
	return wire.CodeOK
}

func (r *Reader) countAll(o *jute.Operation) int32 {
	n, code := r.node(o.Path, zk.PermRead)
	if code != wire.CodeOK {
		return code
	}
	total := n.Descendants()
	if o.Path.S == "" { // the root has two names, and under this one the server counts the other as a descendant
		total++
	}
	r.out = wire.AppendInt32(r.out, int32(total))
	return wire.CodeOK
}

// ephemeralsOf returns the ephemeral znodes of the session whose paths begin with prefix, which need not end between two names.
func (r *Reader) ephemeralsOf(prefix string) []string {
	owned := r.Tree.Ephemerals[r.Session]
	if owned.Len() == 0 {
		return nil
	}
	all := r.order(javahash.Order(owned.List, owned.Most))
	if trimmed := strings.TrimSpace(prefix); trimmed == "" || trimmed == znode.RootPath {
		return all
	}
	return slices.DeleteFunc(all, func(path string) bool { return !strings.HasPrefix(path, prefix) })
}

// readMany answers a multi of reads. If a znode cannot be read, only that part fails. A part that is not a read fails the whole; the
// record then still has the results before it.
func (r *Reader) readMany(o *jute.Operation) (code int32, keep bool) {
	for i := range o.Parts {
		part := &o.Parts[i]
		if !part.Reads() {
			code = wire.CodeMarshalling
			break
		}
		start := len(r.out)
		r.out = wire.AppendMultiHeader(r.out, part.Op, false, wire.CodeOK)
		failed, _ := r.read(part)
		if failed == wire.CodeMarshalling {
			r.out = r.out[:start]
			code = wire.CodeMarshalling
			break
		}
		switch {
		case failed == wire.CodeOK:
		case r.Rules.KeeperReads:
			r.out = wire.AppendMultiHeader(r.out[:start], part.Op, false, failed)
		default:
			r.out = wire.AppendMultiHeader(r.out[:start], wire.OpError, false, failed)
			r.out = wire.AppendInt32(r.out, failed)
		}
	}
	r.out = wire.AppendMultiHeader(r.out, wire.OpError, true, -1)
	return code, true
}

func (r *Reader) order(list []string) []string {
	if r.Shuffle != nil {
		r.Shuffle(list)
	}
	return list
}

func (r *Reader) putStat(n *znode.Node) {
	st := n.Stat()
	r.out = wire.AppendStat(r.out, &st)
}
