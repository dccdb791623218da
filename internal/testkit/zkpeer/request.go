package zkpeer

import (
	"encoding/binary"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// requestHeader is the length of a request's xid and opcode.
const requestHeader = 8

// Request is one request of the client.
type Request struct {
	Xid  int32
	Op   wire.OpCode
	Path string // "" if the record does not begin with one
	Body []byte // the record
}

func parseRequest(frame []byte) Request {
	r := Request{
		Xid:  int32(binary.BigEndian.Uint32(frame)),
		Op:   wire.OpCode(binary.BigEndian.Uint32(frame[4:])),
		Body: frame[requestHeader:],
	}
	switch r.Op {
	case wire.OpPing, wire.OpClose, wire.OpSetAuth, wire.OpSetWatches, wire.OpMulti, wire.OpMultiRead:
	default:
		r.Path, _, _ = wire.DecodeString(r.Body)
	}
	return r
}

// Frame returns body with its length in front.
func Frame(body []byte) []byte {
	b, start := wire.BeginFrame(nil)
	return wire.EndFrame(append(b, body...), start)
}

// LyingFrame returns body with any length in front.
func LyingFrame(length uint32, body []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, length), body...)
}

// ReplyFrame returns the frame of a reply.
func ReplyFrame(xid int32, zxid int64, code int32, body []byte) []byte {
	head := wire.AppendReplyHeader(nil, wire.ReplyHeader{Xid: xid, Zxid: zxid, Err: code})
	return Frame(append(head, body...))
}

// EventFrame returns the frame of a watch event. The zxid in its header is -1, as from servers before 3.9; later ones send that
// of the change (ZOOKEEPER-4655).
func EventFrame(e wire.WatchEvent) []byte { return eventFrame(e, -1) }

func eventFrame(e wire.WatchEvent, zxid int64) []byte {
	return ReplyFrame(wire.XidWatch, zxid, 0, wire.AppendWatchEvent(nil, e))
}
