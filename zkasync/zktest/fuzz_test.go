package zktest

import (
	"testing"

	"github.com/zkasync/zkasync-go/zkasync/internal/wire"
)

// A frame is cut the same however its bytes arrive, and no more memory is taken than has come.
func FuzzInbox(f *testing.F) {
	f.Add([]byte{0, 0, 0, 2, 'a', 'b', 0, 0, 0, 0}, uint8(1))
	f.Add([]byte{0x7f, 0xff, 0xff, 0xff, 1}, uint8(3))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 1}, uint8(4))
	f.Fuzz(func(t *testing.T, all []byte, step uint8) {
		const limit = 1 << 12
		cut := func(step int) (frames []string, last frameState) {
			var b inbox
			for rest := all; ; {
				for {
					frame, state := b.frame(limit)
					if last = state; state != frameThere {
						break
					}
					frames = append(frames, string(frame))
				}
				if last == frameRefused || len(rest) == 0 {
					break
				}
				n := copy(b.room(), rest[:min(step, len(rest))])
				b.came(n)
				rest = rest[n:]
			}
			if len(b.buf) > max(2*inboxStart, 4*len(all)+2*inboxStart) {
				t.Errorf("a buffer of %d bytes for %d", len(b.buf), len(all))
			}
			return frames, last
		}
		one, oneState := cut(1 + int(step))
		whole, wholeState := cut(len(all) + 1)
		if len(one) != len(whole) || oneState != wholeState {
			t.Fatalf("%d frames and %v, at once %d and %v", len(one), oneState, len(whole), wholeState)
		}
		for i := range one {
			if one[i] != whole[i] {
				t.Errorf("frame %d: %q, at once %q", i, one[i], whole[i])
			}
		}
	})
}

// No record has the decoder read beyond its end or loop for longer than there are bytes.
func FuzzDecodeOperation(f *testing.F) {
	for op := range int32(110) {
		f.Add(op, []byte{0, 0, 0, 1, '/', 0, 0, 0, 1})
		f.Add(op, []byte{0x7f, 0xff, 0xff, 0xff})
	}
	f.Fuzz(func(t *testing.T, op int32, body []byte) {
		d := decoder{body: body}
		o := decodeOperation(wire.OpCode(op), &d)
		size := len(o.path.s) + len(o.data) + 12*len(o.acl) + 4*(len(o.watches.Data)+len(o.watches.Exist)+len(o.watches.Child))
		if size > 4*len(body)+16 { // a string may grow threefold where it is no UTF-8
			t.Errorf("%d bytes have been made into %d", len(body), size)
		}
	})
}
