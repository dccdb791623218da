package link

import "encoding/binary"

// LengthSize is the size of a frame's length field.
const LengthSize = 4

// The first size of an inbox's buffer, and the size up to which it grows when much comes at once. For a longer frame it also grows
// further, with what has come of the frame and not with what its length claims.
const (
	inboxStart = 1 << 10
	inboxBatch = 64 << 10
)

// Inbox cuts the bytes that come on a connection into frames.
type Inbox struct {
	buf        []byte
	start, end int // of what has not been taken
}

// Room returns the part of the buffer to read into.
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

// Came tells the inbox that n bytes have been read into Room.
func (b *Inbox) Came(n int) {
	b.end += n
	if b.end == len(b.buf) && len(b.buf) < inboxBatch {
		b.grow()
	}
}

// Len returns the number of bytes that have not been taken.
func (b *Inbox) Len() int { return b.end - b.start }

// Peek returns the next n bytes, which must be there.
func (b *Inbox) Peek(n int) []byte { return b.buf[b.start : b.start+n] }

// frameState is the state of the next frame.
type frameState int

const (
	frameThere   frameState = iota
	FrameMissing            // it is not complete
	FrameRefused            // its length is negative or above the limit
)

// Frame takes the next frame, without its length. The frame is valid until Room is called.
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
