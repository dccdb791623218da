package wire

import "encoding/binary"

// lengthSize is the size of a frame's length field, which the length does not
// include.
const lengthSize = 4

// HeaderLen is the size of an encoded ReplyHeader: the reply's record starts
// there.
const HeaderLen = 16

// BeginFrame appends room for a frame's length and returns where the frame
// starts, which EndFrame needs.
func BeginFrame(b []byte) ([]byte, int) {
	return append(b, 0, 0, 0, 0), len(b)
}

// EndFrame fills in the length of the frame that starts at start and ends with b.
func EndFrame(b []byte, start int) []byte {
	binary.BigEndian.PutUint32(b[start:], uint32(len(b)-start-lengthSize))
	return b
}

// AppendRequestHeader appends the header with which every request starts, except
// the connect request.
func AppendRequestHeader(b []byte, xid int32, op OpCode) []byte {
	return AppendInt32(AppendInt32(b, xid), int32(op))
}

// ReplyHeader is the header with which every reply starts, except the connect
// response. Err is the server's code, see ErrorOf; a record follows only if it is
// zero.
type ReplyHeader struct {
	Xid  int32
	Zxid int64
	Err  int32
}

// AppendReplyHeader appends h.
func AppendReplyHeader(b []byte, h ReplyHeader) []byte {
	b = AppendInt32(b, h.Xid)
	b = AppendInt64(b, h.Zxid)
	return AppendInt32(b, h.Err)
}

// DecodeReplyHeader reads the header of a frame without its length. The record
// is frame[HeaderLen:].
func DecodeReplyHeader(frame []byte) (ReplyHeader, error) {
	if len(frame) < HeaderLen {
		return ReplyHeader{}, short("reply header", 0, HeaderLen, len(frame))
	}
	return ReplyHeader{
		Xid:  int32(binary.BigEndian.Uint32(frame)),
		Zxid: int64(binary.BigEndian.Uint64(frame[4:])),
		Err:  int32(binary.BigEndian.Uint32(frame[12:])),
	}, nil
}
