// Package inbox cuts the bytes that a server sends into frames.
package inbox

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/zkasync/zkasync-go/internal/mux/internal/request"
)

const (
	inboxSize = 64 << 10
	// keepSize is the size up to which the buffer is kept when it is empty.
	keepSize = 1 << 20
	// leastRead is the least room in the buffer for a read that goes on with a frame.
	leastRead = 4 << 10
)

// Inbox cuts the bytes received into frames. A frame is a view into its buffer, valid until the next Fill.
type Inbox struct {
	buf        []byte
	start, end int // of the unread bytes in buf
	Limit      int // the largest frame, in bytes without its length
	raised     int // a higher limit for the next frame, 0: none
	skipping   int // how many bytes of the frame being skipped are still to be thrown away
	Filled     int // how many bytes the latest Fill has read
}

// New returns an empty Inbox that accepts frames of at most limit bytes without their length.
func New(limit int) Inbox { return Inbox{Limit: limit} }

// FrameError reports a frame whose length is out of bounds.
type FrameError struct {
	Length uint32
	Min    int
	Max    int
}

func (e *FrameError) Error() string {
	return fmt.Sprintf("frame of %d bytes received, want %d to %d", int64(e.Length), e.Min, e.Max)
}

// Next returns the next whole frame without its length, or ok false if more bytes are needed. If the length is out of bounds,
// Next returns a [*FrameError] before anything is allocated for the frame. For one above the limit, see Head, Raise and Skip.
func (in *Inbox) Next(minLen int) (frame []byte, ok bool, err error) {
	if in.skipping > 0 && !in.discard() {
		return nil, false, nil
	}
	have := in.buf[in.start:in.end]
	if len(have) < request.FrameHead {
		return nil, false, nil
	}
	length := binary.BigEndian.Uint32(have)
	if limit := max(in.Limit, in.raised); length < uint32(minLen) || uint64(length) > uint64(limit) {
		return nil, false, &FrameError{Length: length, Min: minLen, Max: limit}
	}
	size := request.FrameHead + int(length)
	if len(have) < size {
		return nil, false, nil
	}
	in.start += size
	in.raised = 0
	return have[request.FrameHead:size:size], true, nil
}

// Fill reads once. For a frame of up to a megabyte the buffer grows to the frame's size at once; beyond that it doubles, so
// that memory grows with what was received and not with what a length claims.
func (in *Inbox) Fill(r io.Reader) error {
	in.makeRoom()
	n, err := r.Read(in.buf[in.end:])
	in.end += n
	in.Filled = n
	if n > 0 {
		return nil
	}
	if err == nil {
		return io.ErrNoProgress
	}
	return err
}

// makeRoom ensures that there is enough room to make a read worth its system call.
func (in *Inbox) makeRoom() {
	have := in.end - in.start
	if have == 0 {
		in.start, in.end = 0, 0
		if len(in.buf) < inboxSize || len(in.buf) > keepSize {
			in.buf = make([]byte, inboxSize)
		}
		return
	}
	frame := in.frame(have)
	if len(in.buf)-in.start >= frame && len(in.buf)-in.end >= leastRead {
		return
	}
	buf := in.buf
	if size := max(frame, have+leastRead); size > len(buf) {
		buf = make([]byte, max(size, 2*have)) // doubling, so that a large frame is not copied again and again
	}
	in.end = copy(buf, in.buf[in.start:in.end])
	in.start, in.buf = 0, buf
}

// frame returns the size of the frame of which have bytes are there: 0 if it is not known yet, and at most a megabyte. Of a
// frame above the limit only the head is needed.
func (in *Inbox) frame(have int) int {
	if have < request.FrameHead {
		return 0
	}
	length := int64(binary.BigEndian.Uint32(in.buf[in.start:]))
	if length > int64(max(in.Limit, in.raised)) {
		return leastRead
	}
	return int(min(request.FrameHead+length, keepSize))
}

// InLarge reports whether a large frame has arrived only in part.
func (in *Inbox) InLarge() bool {
	have := in.end - in.start
	return in.skipping > 0 || have >= leastRead && request.FrameHead+int64(binary.BigEndian.Uint32(in.buf[in.start:])) > int64(have)
}

// Head returns the first n bytes of the next frame after its length, or ok false if more bytes are needed. It does not consume
// them.
func (in *Inbox) Head(n int) (head []byte, ok bool) {
	have := in.buf[in.start:in.end]
	if len(have) < request.FrameHead+n {
		return nil, false
	}
	return have[request.FrameHead : request.FrameHead+n : request.FrameHead+n], true
}

// Raise raises the limit to size for the next frame alone.
func (in *Inbox) Raise(size int) { in.raised = size }

// Skip throws the next frame away as it arrives. However long it is, no memory is allocated for it.
func (in *Inbox) Skip() {
	in.skipping = request.FrameHead + int(binary.BigEndian.Uint32(in.buf[in.start:]))
	in.discard()
}

// discard throws away what has come of the frame that is being skipped. It returns false if there is more to come.
func (in *Inbox) discard() bool {
	n := min(in.skipping, in.end-in.start)
	in.start += n
	in.skipping -= n
	return in.skipping == 0
}

// Whole returns the frame that Next returned last, together with the length in front of it.
func (in *Inbox) Whole(frame []byte) []byte {
	return in.buf[in.start-len(frame)-request.FrameHead : in.start]
}
