package inbox

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/iotest"
)

// stream returns frames of the given lengths, one after another, each filled with its number.
func stream(lengths ...int) []byte {
	var b []byte
	for i, n := range lengths {
		b = binary.BigEndian.AppendUint32(b, uint32(n))
		b = append(b, bytes.Repeat([]byte{byte(i + 1)}, n)...)
	}
	return b
}

// cut reads r to its end through in. It returns the frames, and the error if it is not io.EOF.
func cut(in *Inbox, r io.Reader) (frames [][]byte, err error) {
	for {
		frame, ok, err := in.Next(0)
		if err != nil {
			return frames, err
		}
		if ok {
			frames = append(frames, bytes.Clone(frame))
			continue
		}
		if err := in.Fill(r); err != nil {
			if err == io.EOF {
				err = nil
			}
			return frames, err
		}
	}
}

func wantFrames(t *testing.T, what string, frames [][]byte, err error, lengths ...int) {
	t.Helper()
	var got []byte
	for _, f := range frames {
		got = append(binary.BigEndian.AppendUint32(got, uint32(len(f))), f...)
	}
	if err != nil || !bytes.Equal(got, stream(lengths...)) {
		t.Fatalf("%s: cut %d frames of %d bytes in all, %v; want those of %v", what, len(frames), len(got), err, lengths)
	}
}

func TestInbox_CutsFramesWhereverTheBytesAreSplit(t *testing.T) {
	t.Parallel()
	lengths := []int{16, 0, 1, 30, 100, 16}
	whole := stream(lengths...)
	for at := range len(whole) + 1 {
		in := New(1000)
		frames, err := cut(&in, io.MultiReader(bytes.NewReader(whole[:at]), bytes.NewReader(whole[at:])))
		wantFrames(t, "split", frames, err, lengths...)
	}
	in := New(1000)
	frames, err := cut(&in, iotest.OneByteReader(bytes.NewReader(whole)))
	wantFrames(t, "byte by byte", frames, err, lengths...)
}

func TestInbox_CutsFramesAcrossItsBuffersEnd(t *testing.T) {
	t.Parallel()
	lengths := []int{inboxSize - 100, 200, inboxSize - 4, 1, 5 * inboxSize, 3, inboxSize, 2 * inboxSize, 16}
	for _, piece := range []int{997, inboxSize - 1, inboxSize, 10 * inboxSize} {
		in := New(10 * inboxSize)
		frames, err := cut(&in, &pieces{b: stream(lengths...), size: piece})
		wantFrames(t, "pieces", frames, err, lengths...)
		if len(in.buf) > 16*inboxSize {
			t.Errorf("buffer of %d bytes for frames of up to %d", len(in.buf), 5*inboxSize)
		}
	}
}

// pieces is a reader that gives at most size bytes at a time.
type pieces struct {
	b    []byte
	size int
}

func (p *pieces) Read(dst []byte) (int, error) {
	if len(p.b) == 0 {
		return 0, io.EOF
	}
	n := copy(dst, p.b[:min(p.size, len(p.b))])
	p.b = p.b[n:]
	return n, nil
}

func TestInbox_RefusesLengthsOutOfBoundsBeforeAllocating(t *testing.T) {
	t.Parallel()
	const limit = 1 << 20
	for _, length := range []uint32{0, 1, 8, 15, limit + 1, 1<<31 - 1, 1 << 31, 0xffffffff} {
		in := New(limit)
		if err := in.Fill(bytes.NewReader(binary.BigEndian.AppendUint32(nil, length))); err != nil {
			t.Fatal(err)
		}
		_, ok, err := in.Next(16)
		var bad *FrameError
		if ok || !errors.As(err, &bad) || bad.Length != length || bad.Min != 16 || bad.Max != limit {
			t.Errorf("length %d: %v %v, want a FrameError that names it", length, ok, err)
		}
		if len(in.buf) > inboxSize {
			t.Errorf("length %d: buffer of %d bytes", length, len(in.buf))
		}
	}
	for _, length := range []int{16, limit} {
		in := New(limit)
		frames, err := cut(&in, bytes.NewReader(stream(length)))
		wantFrames(t, "in bounds", frames, err, length)
	}
}

func TestInbox_GrowsWithWhatCameNotWithWhatALengthClaims(t *testing.T) {
	t.Parallel()
	const limit = 64 << 20
	claim := binary.BigEndian.AppendUint32(nil, limit)
	for _, came := range []int{0, 1000, 4 << 20} {
		in := New(limit)
		if _, err := cut(&in, &pieces{b: append(claim, make([]byte, came)...), size: inboxSize}); err != nil {
			t.Fatal(err)
		}
		if most := max(keepSize, 3*came); len(in.buf) > most {
			t.Errorf("buffer of %d bytes for %d received, want at most %d", len(in.buf), came, most)
		}
	}
}

// If each read moved what came before, a large frame would take minutes.
func TestInbox_CopiesALargeFrameFewTimes(t *testing.T) {
	t.Parallel()
	const size = 8 << 20
	in := New(size)
	from, moves := &pieces{b: stream(size), size: 1000}, 0
	var buf *byte
	for {
		frame, ok, err := in.Next(0)
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			wantFrames(t, "large", [][]byte{frame}, nil, size)
			break
		}
		if err := in.Fill(from); err != nil {
			t.Fatal(err)
		}
		if buf != &in.buf[0] {
			buf, moves = &in.buf[0], moves+1
		}
	}
	if moves > 8 {
		t.Errorf("the buffer was moved %d times", moves)
	}
}

func TestInbox_GivesTheMemoryOfALargeFrameBack(t *testing.T) {
	t.Parallel()
	in := New(64 << 20)
	frames, err := cut(&in, bytes.NewReader(stream(4<<20)))
	wantFrames(t, "large", frames, err, 4<<20)
	frames, err = cut(&in, bytes.NewReader(stream(16)))
	wantFrames(t, "small", frames, err, 16)
	if len(in.buf) > keepSize {
		t.Errorf("buffer of %d bytes after a large frame, want at most %d", len(in.buf), keepSize)
	}
}

func TestInbox_ReportsAReaderWithoutProgress(t *testing.T) {
	t.Parallel()
	in := New(100)
	if err := in.Fill(&pieces{b: []byte{1}}); err != io.ErrNoProgress {
		t.Errorf("error %v, want %v", err, io.ErrNoProgress)
	}
	if err := in.Fill(iotest.ErrReader(io.ErrClosedPipe)); err != io.ErrClosedPipe {
		t.Errorf("error %v, want the reader's", err)
	}
}

func TestInbox_SkipsWhereverTheBytesAreSplit(t *testing.T) {
	t.Parallel()
	const limit = 50
	whole := stream(16, 200, limit, 51, 1, 3*inboxSize, 7)
	for _, piece := range []int{1, 3, 97, 1000, len(whole)} {
		in := New(limit)
		var got []int
		for from := (&pieces{b: whole, size: piece}); ; {
			frame, ok, err := in.Next(0)
			var bad *FrameError
			if errors.As(err, &bad) {
				if head, there := in.Head(10); there {
					if head[0] != head[9] {
						t.Fatalf("head %v", head)
					}
					got = append(got, -int(bad.Length))
					in.Skip()
					continue
				}
			}
			if ok {
				got = append(got, len(frame))
				continue
			}
			if in.Fill(from) != nil {
				break
			}
		}
		want := []int{16, -200, limit, -51, 1, -3 * inboxSize, 7}
		if !slices.Equal(got, want) {
			t.Errorf("pieces of %d: frames %v, want %v", piece, got, want)
		}
		if len(in.buf) > inboxSize {
			t.Errorf("pieces of %d: buffer of %d bytes", piece, len(in.buf))
		}
	}
}
