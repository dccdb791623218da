package link

import "testing"

// The frames do not depend on how their bytes arrive, and the memory used follows what has come.
func FuzzInbox(f *testing.F) {
	f.Add([]byte{0, 0, 0, 2, 'a', 'b', 0, 0, 0, 0}, uint8(1))
	f.Add([]byte{0x7f, 0xff, 0xff, 0xff, 1}, uint8(3))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 1}, uint8(4))
	f.Fuzz(func(t *testing.T, all []byte, step uint8) {
		const limit = 1 << 12
		cut := func(step int) (frames []string, last frameState) {
			var b Inbox
			for rest := all; ; {
				for {
					frame, state := b.Frame(limit)
					if last = state; state != frameThere {
						break
					}
					frames = append(frames, string(frame))
				}
				if last == FrameRefused || len(rest) == 0 {
					break
				}
				n := copy(b.Room(), rest[:min(step, len(rest))])
				b.Came(n)
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
