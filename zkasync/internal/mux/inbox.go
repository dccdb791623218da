package mux

import (
	"encoding/binary"
	"fmt"
	"io"
)

const (
	inboxSize = 64 << 10
	frameHead = 4
)

// inbox cuts the bytes received into frames. A frame is a view into its buffer, valid until the next fill.
type inbox struct {
	buf        []byte
	start, end int // unread bytes
	limit      int // of a frame
}

func newInbox(limit int) inbox { return inbox{limit: limit} }

// FrameError reports a frame length that no server sends.
type FrameError struct {
	Length uint32
	Min    int
	Max    int
}

func (e *FrameError) Error() string {
	return fmt.Sprintf("frame of %d bytes received, want %d to %d", int64(e.Length), e.Min, e.Max)
}

// next returns the next whole frame without its length, or ok false when more bytes are needed. A length out of bounds
// is an error before anything is allocated for it.
func (in *inbox) next(minLen int) (frame []byte, ok bool, err error) {
	have := in.buf[in.start:in.end]
	if len(have) < frameHead {
		return nil, false, nil
	}
	length := binary.BigEndian.Uint32(have)
	if length < uint32(minLen) || uint64(length) > uint64(in.limit) {
		return nil, false, &FrameError{Length: length, Min: minLen, Max: in.limit}
	}
	size := frameHead + int(length)
	if len(have) < size {
		return nil, false, nil
	}
	in.start += size
	return have[frameHead:size:size], true, nil
}

// fill reads once. The buffer doubles when a frame does not fit, so memory follows what was received, not what a length
// claims.
func (in *inbox) fill(r io.Reader) error {
	in.makeRoom()
	n, err := r.Read(in.buf[in.end:])
	in.end += n
	if n > 0 {
		return nil
	}
	if err == nil {
		return io.ErrNoProgress
	}
	return err
}

func (in *inbox) makeRoom() {
	if in.start == in.end {
		in.start, in.end = 0, 0
		if len(in.buf) != inboxSize {
			in.buf = make([]byte, inboxSize)
		}
		return
	}
	if in.end < len(in.buf) {
		return
	}
	buf := in.buf
	if in.end-in.start > len(in.buf)/2 {
		buf = make([]byte, 2*len(in.buf))
	}
	in.end = copy(buf, in.buf[in.start:in.end])
	in.start, in.buf = 0, buf
}
