package jute

import (
	"testing"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// No record makes the decoder read beyond its end, or loop for longer than there are bytes.
func FuzzDecodeOperation(f *testing.F) {
	for op := range int32(110) {
		f.Add(op, []byte{0, 0, 0, 1, '/', 0, 0, 0, 1})
		f.Add(op, []byte{0x7f, 0xff, 0xff, 0xff})
	}
	f.Fuzz(func(t *testing.T, op int32, body []byte) {
		d := Decoder{Body: body}
		o := Decode(wire.OpCode(op), &d)
		size := len(o.Path.S) + len(o.Data) + 12*len(o.ACL) + 4*(len(o.Watches.Data)+len(o.Watches.Exist)+len(o.Watches.Child))
		if size > 4*len(body)+16 { // where a string is not UTF-8, it may grow threefold
			t.Errorf("%d bytes were decoded into %d", len(body), size)
		}
	})
}
