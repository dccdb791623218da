package link

import "encoding/binary"

// LengthSize is the size of the length of a frame.
const LengthSize = 4

// The sizes of an inbox's buffer: the first, and the one up to which it grows because much comes at once. It also grows
// for a longer frame, by what has come of it and not by what its length says.
const (
	inboxStart = 1 << 10
	inboxBatch = 64 << 10
)

// Inbox cuts what comes on a connection into frames.
type Inbox struct {
	buf        []byte
	start, end int // of what has not been taken
}

// Room returns where to read to.
func (b *Inbox) Room() []byte {
	if b.start > 0 {
		copy(b.buf, b.buf[b.start:b.end])
		b.start, b.end = 0, b.end-b.start
	}
	if b.buf == nil {
		b.buf = make([]byte, inboxStart)
	}
	if b.end == len(b.buf) {
		b.grow()
	}
	return b.buf[b.end:]
}

func (b *Inbox) grow() {
	bigger := make([]byte, 2*len(b.buf))
	copy(bigger, b.buf[:b.end])
	b.buf = bigger
}

// Came says that n bytes have been read.
func (b *Inbox) Came(n int) {
	b.end += n
	if b.end == len(b.buf) && len(b.buf) < inboxBatch {
		b.grow()
	}
}

func (b *Inbox) Len() int { return b.end - b.start }

// Peek returns the next n bytes, which must be there.
func (b *Inbox) Peek(n int) []byte { return b.buf[b.start : b.start+n] }

// frameState says what became of asking for a frame.
type frameState int

const (
	frameThere   frameState = iota
	FrameMissing            // it is not complete
	FrameRefused            // its length is negative or above the limit
)

// Frame takes the next frame, without its length. It is valid until room is called.
func (b *Inbox) Frame(limit int) ([]byte, frameState) {
	if b.Len() < LengthSize {
		return nil, FrameMissing
	}
	n := int(int32(binary.BigEndian.Uint32(b.buf[b.start:])))
	switch {
	case n < 0 || n > limit:
		return nil, FrameRefused
	case b.Len() < LengthSize+n:
		return nil, FrameMissing
	}
	frame := b.buf[b.start+LengthSize : b.start+LengthSize+n]
	b.start += LengthSize + n
	return frame, frameThere
}
