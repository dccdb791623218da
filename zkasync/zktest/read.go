package zktest

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
)

// read answers what changes nothing (FinalRequestProcessor).
func (s *Server) read(r *request) {
	c := r.c
	c.lastZxid = s.tree.last
	if r.op == wire.OpPing {
		c.reply(wire.XidPing, s.tree.last, codeOK) // whatever xid it came with
		return
	}
	if (r.op == wire.OpSetWatches || r.op == wire.OpSetWatches2) && !r.bad && !r.o.null {
		s.setWatches(c, r.o.zxid, &r.o.watches) // whose events come before the answer
	}
	start := c.begin(r.xid, s.tree.last, codeOK)
	code := codeMarshalling
	keep := false // the record stays though the code says that all failed
	if !r.bad {
		code, keep = s.readInto(c, r.op, &r.o)
	}
	if code != codeOK {
		if !keep {
			c.pending = c.pending[:start+lengthSize+wire.HeaderLen]
		}
		binary.BigEndian.PutUint32(c.pending[start+lengthSize+wire.HeaderLen-4:], uint32(code))
	}
	c.finish(start)
}

// readInto appends the record of an answer.
func (s *Server) readInto(c *conn, op wire.OpCode, o *operation) (code int32, keep bool) {
	switch op {
	case wire.OpExists:
		return s.exists(c, o), false
	case wire.OpGetData:
		return s.getData(c, o), false
	case wire.OpGetChildren:
		return s.getChildren(c, o, false), false
	case wire.OpGetChildren2:
		return s.getChildren(c, o, true), false
	case wire.OpGetACL:
		return s.getACL(c, o), false
	case wire.OpGetAllChildrenNumber:
		return s.countAll(c, o), false
	case wire.OpGetEphemerals:
		c.putStrings(s.ephemeralsOf(c.session.id, o.path.s))
		return codeOK, false
	case wire.OpWhoAmI:
		c.putInt32(int32(len(c.ids)))
		for _, id := range c.ids {
			c.putString(id.scheme)
			c.putString(id.user())
		}
		return codeOK, false
	case wire.OpAddWatch:
		if code := s.addWatch(c, o.path.s, o.flags); code != codeOK {
			return code, false
		}
		c.putInt32(codeOK) // an ErrorResponse
		return codeOK, false
	case wire.OpRemoveWatches:
		return s.removeWatches(c, o.path.s, o.flags), false
	case wire.OpCheckWatches:
		return s.checkWatches(c, o.path.s, o.flags), false
	case wire.OpSetWatches, wire.OpSetWatches2:
		if o.null {
			return codeMarshalling, false
		}
		return codeOK, false // set by read, before the answer was begun
	case wire.OpMultiRead:
		return s.readMany(c, o)
	default:
		return codeUnimplemented, false
	}
}

// node finds a znode that c may read.
func (s *Server) node(c *conn, path text, perms int32) (*node, int32) {
	if path.null {
		return nil, codeMarshalling
	}
	n := s.tree.find(path.s)
	switch {
	case n == nil:
		return nil, codeNoNode
	case !n.acl.allows(perms, c.ids):
		return nil, codeNoAuth
	}
	return n, codeOK
}

// exists leaves its watch also where nothing is. It asks for no permission, up to ZOOKEEPER-2590.
func (s *Server) exists(c *conn, o *operation) int32 {
	switch {
	case o.path.null:
		return codeMarshalling
	case strings.IndexByte(o.path.s, 0) >= 0:
		return codeBadArguments
	}
	n := s.tree.find(o.path.s)
	if n != nil && s.w.cfg.behaviour.existsReads && !n.acl.allows(zk.PermRead, c.ids) {
		return codeNoAuth
	}
	if o.watch {
		s.data.add(o.path.s, c, watchOnce)
	}
	if n == nil {
		return codeNoNode
	}
	c.putStat(n.stat())
	return codeOK
}

func (s *Server) getData(c *conn, o *operation) int32 {
	n, code := s.node(c, o.path, zk.PermRead)
	if code != codeOK {
		return code
	}
	if o.watch {
		s.data.add(o.path.s, c, watchOnce)
	}
	c.putBuffer(n.data)
	c.putStat(n.stat())
	return codeOK
}

func (s *Server) getChildren(c *conn, o *operation, withStat bool) int32 {
	n, code := s.node(c, o.path, zk.PermRead)
	if code != codeOK {
		return code
	}
	if o.watch {
		s.children.add(o.path.s, c, watchOnce)
	}
	c.putChildren(n)
	if withStat {
		c.putStat(n.stat())
	}
	return codeOK
}

func (c *conn) putChildren(n *node) {
	if n.kids == nil {
		c.putInt32(0)
		return
	}
	if c.srv.w.cfg.shuffle == nil {
		c.putInt32(int32(len(n.kids.list)))
		for _, kid := range n.kids.list {
			c.putString(kid.name)
		}
		return
	}
	names := make([]string, 0, len(n.kids.list))
	for _, kid := range n.kids.list {
		names = append(names, kid.name)
	}
	c.putStrings(c.srv.w.cfg.order(names))
}

func (s *Server) getACL(c *conn, o *operation) int32 {
	n, code := s.node(c, o.path, zk.PermRead|zk.PermAdmin)
	if code != codeOK {
		return code
	}
	entries := n.acl.entries
	if !n.acl.allows(zk.PermAdmin, c.ids) {
		entries = n.acl.withoutDigests()
	}
	c.putACLs(entries)
	c.putStat(n.stat())
	return codeOK
}

func (s *Server) countAll(c *conn, o *operation) int32 {
	n, code := s.node(c, o.path, zk.PermRead)
	if code != codeOK {
		return code
	}
	total := n.descendants()
	if o.path.s == "" { // the root has two names, and the server counts one of them as below the other
		total++
	}
	c.putInt32(int32(total))
	return codeOK
}

// ephemeralsOf lists what a session owns. The prefix is one of strings, not of paths.
func (s *Server) ephemeralsOf(session int64, prefix string) []string {
	owned := s.tree.ephemerals[session]
	if owned.len() == 0 {
		return nil
	}
	all := s.w.cfg.order(javaOrder(owned.list))
	if trimmed := strings.TrimSpace(prefix); trimmed == "" || trimmed == rootPath {
		return all
	}
	return slices.DeleteFunc(all, func(path string) bool { return !strings.HasPrefix(path, prefix) })
}

// readMany answers a multi of reads. One that cannot be read fails alone; one that is no read makes the whole fail, with
// the results so far behind it.
func (s *Server) readMany(c *conn, o *operation) (code int32, keep bool) {
	for i := range o.sub {
		part := &o.sub[i]
		if !part.reads() {
			code = codeMarshalling
			break
		}
		start := len(c.pending)
		c.putMulti(part.op, false, codeOK)
		var failed int32
		if part.op == wire.OpGetData {
			failed = s.getData(c, part)
		} else {
			failed = s.getChildren(c, part, false)
		}
		if failed == codeMarshalling {
			c.pending = c.pending[:start]
			code = codeMarshalling
			break
		}
		if failed != codeOK {
			c.pending = c.pending[:start]
			c.putMulti(wire.OpError, false, failed)
			c.putInt32(failed)
		}
	}
	c.putMulti(wire.OpError, true, -1)
	return code, true
}

// sync answers when this server has applied all that the leader had when it was asked.
func (s *Server) sync(r *request) {
	c := r.c
	if r.bad {
		c.reply(r.xid, s.tree.last, codeMarshalling)
		return
	}
	answer := func(xid int32, path text) {
		start := c.begin(xid, s.tree.last, codeOK)
		c.putText(path)
		c.finish(start)
	}
	if len(s.backlog) == 0 {
		answer(r.xid, r.o.path)
		return
	}
	xid, path := r.xid, r.o.path
	c.whenApplied(s.backlog[len(s.backlog)-1], func(result) { answer(xid, path) })
}
