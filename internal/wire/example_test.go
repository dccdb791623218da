package wire_test

import (
	"fmt"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// A request is a frame around a header and a record; several frames may follow
// one another in one buffer.
func Example_request() {
	b, start := wire.BeginFrame(nil)
	b = wire.AppendRequestHeader(b, 1, wire.OpGetData)
	b = wire.AppendPathWatch(b, "/app", "/a", false)
	b = wire.EndFrame(b, start)
	fmt.Printf("% x\n", b)
	// Output:
	// 00 00 00 13 00 00 00 01 00 00 00 04 00 00 00 06 2f 61 70 70 2f 61 00
}

// A reply is a header and, if its code is zero, a record.
func Example_reply() {
	frame := wire.AppendReplyHeader(nil, wire.ReplyHeader{Xid: 1, Zxid: 7, Err: -101})
	header, err := wire.DecodeReplyHeader(frame)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(header.Xid, header.Zxid, wire.ErrorOf(header.Err))
	// Output:
	// 1 7 zk: node does not exist
}
