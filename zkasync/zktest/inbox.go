package zktest

import "encoding/binary"

// lengthSize is the size of the length of a frame.
const lengthSize = 4

// The sizes of an inbox's buffer: the first, and the one up to which it grows because much comes at once. It also grows
// for a longer frame, by what has come of it and not by what its length says.
const (
	inboxStart = 1 << 10
	inboxBatch = 64 << 10
)

// inbox cuts what comes on a connection into frames.
type inbox struct {
	buf        []byte
	start, end int // of what has not been taken
}

// room returns where to read to.
func (b *inbox) room() []byte {
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

func (b *inbox) grow() {
	bigger := make([]byte, 2*len(b.buf))
	copy(bigger, b.buf[:b.end])
	b.buf = bigger
}

// came says that n bytes have been read.
func (b *inbox) came(n int) {
	b.end += n
	if b.end == len(b.buf) && len(b.buf) < inboxBatch {
		b.grow()
	}
}

func (b *inbox) len() int { return b.end - b.start }

// peek returns the next n bytes, which must be there.
func (b *inbox) peek(n int) []byte { return b.buf[b.start : b.start+n] }

// frameState says what became of asking for a frame.
type frameState int

const (
	frameThere   frameState = iota
	frameMissing            // it is not complete
	frameRefused            // its length is negative or above the limit
)

// frame takes the next frame, without its length. It is valid until room is called.
func (b *inbox) frame(limit int) ([]byte, frameState) {
	if b.len() < lengthSize {
		return nil, frameMissing
	}
	n := int(int32(binary.BigEndian.Uint32(b.buf[b.start:])))
	switch {
	case n < 0 || n > limit:
		return nil, frameRefused
	case b.len() < lengthSize+n:
		return nil, frameMissing
	}
	frame := b.buf[b.start+lengthSize : b.start+lengthSize+n]
	b.start += lengthSize + n
	return frame, frameThere
}
