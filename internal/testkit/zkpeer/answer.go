package zkpeer

import (
	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// Healthy is the script of a server that works.
func Healthy(c *Conn) {
	if c.Accept() {
		c.Serve(nil)
	}
}

// Serve answers requests until the client closes its session or the connection ends. If instead is not nil, Serve calls it with
// each request first, and answers the request itself only if instead returns false.
func (c *Conn) Serve(instead func(r Request) bool) {
	for {
		r, ok := c.Next()
		if !ok {
			return
		}
		if instead != nil && instead(r) {
			continue
		}
		if !c.Answer(r) || r.Op == wire.OpClose {
			return
		}
	}
}

// Answer answers r as a server would on which every znode exists. It stores nothing. The data of a znode is its path, and so is
// the name of its only child, so that tests notice an answer to the wrong request.
func (c *Conn) Answer(r Request) bool {
	switch r.Op {
	case wire.OpCreate, wire.OpCreate2, wire.OpCreateContainer, wire.OpCreateTTL, wire.OpSetData, wire.OpDelete, wire.OpMulti:
		c.Zxid++
	}
	return c.Reply(r, Body(r))
}

// Body returns the record with which Answer answers r.
func Body(r Request) []byte {
	st := Stat(r.Path)
	switch r.Op {
	case wire.OpGetData:
		return wire.AppendStat(wire.AppendBuffer(nil, []byte(r.Path)), &st)
	case wire.OpGetChildren2:
		return wire.AppendStat(wire.AppendStrings(nil, []string{r.Path}), &st)
	case wire.OpGetACL:
		return wire.AppendStat(wire.AppendACLs(nil, zk.WorldACL(zk.PermAll)), &st)
	case wire.OpExists, wire.OpSetData, wire.OpSetACL:
		return wire.AppendStat(nil, &st)
	case wire.OpCreate2, wire.OpCreateContainer, wire.OpCreateTTL:
		return wire.AppendStat(wire.AppendString(nil, r.Path), &st)
	case wire.OpCreate, wire.OpSync:
		return wire.AppendString(nil, r.Path)
	case wire.OpSASL: // as servers do that have not been configured for it
		return wire.AppendBuffer(nil, nil)
	case wire.OpMulti:
		return wire.AppendMultiHeader(nil, wire.OpError, true, -1)
	case wire.OpMultiRead:
		var b []byte
		for _, part := range Parts(r) {
			b = wire.AppendMultiHeader(b, part.Op, false, 0)
			b = append(b, Body(part)...)
		}
		return wire.AppendMultiHeader(b, wire.OpError, true, -1)
	default:
		return nil
	}
}

// Stat returns the Stat of the znode at path.
func Stat(path string) zk.Stat {
	return zk.Stat{
		Czxid: firstZxid, Mzxid: firstZxid, Pzxid: firstZxid,
		Ctime: 1700000000000, Mtime: 1700000000000,
		DataLength: int32(len(path)), NumChildren: 1,
	}
}

// Parts returns the reads in a multi-read.
func Parts(r Request) (parts []Request) {
	body := r.Body
	for {
		op, done, _, rest, err := wire.DecodeMultiHeader(body)
		if err != nil || done {
			return parts
		}
		path, behind, err := wire.DecodeString(rest)
		if err != nil || len(behind) == 0 {
			return parts
		}
		body = behind[1:] // the watch flag
		parts = append(parts, Request{Xid: r.Xid, Op: op, Path: path, Body: rest[:len(rest)-len(body)]})
	}
}
