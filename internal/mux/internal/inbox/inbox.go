// Package inbox cuts what a server sends into frames.
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
	// leastRead is the room that a read must have.
	leastRead = 4 << 10
)

// Inbox cuts the bytes received into frames. A frame is a view into its buffer, valid until the next fill.
type Inbox struct {
	buf        []byte
	start, end int // unread bytes
	Limit      int // of a frame
	raised     int // the limit of the frame that is next, if it is above limit
	skipping   int // bytes of the frame before that are still to come, and of no use
	Filled     int // bytes that the latest fill has brought
}

func New(limit int) Inbox { return Inbox{Limit: limit} }

// FrameError reports a frame length that no server sends.
type FrameError struct {
	Length uint32
	Min    int
	Max    int
}

func (e *FrameError) Error() string {
	return fmt.Sprintf("frame of %d bytes received, want %d to %d", int64(e.Length), e.Min, e.Max)
}

// Next returns the next whole frame without its length, or ok false when more bytes are needed. A length out of bounds
// is a [*FrameError] before anything is allocated for it; see head and skip for one above the limit.
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

// Fill reads once. The buffer grows to the size of a frame up to a megabyte, and beyond that doubles: memory follows what
// was received, not what a length claims.
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

// makeRoom sees to it that a read is worth its system call.
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

// frame is the size of the frame of which have bytes are there, as far as it is known, and at most a megabyte. Of one that
// is above the limit only the head is wanted.
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

// InLarge reports whether a part of a frame has come that is larger than the answer to a heartbeat.
func (in *Inbox) InLarge() bool {
	have := in.end - in.start
	return in.skipping > 0 || have >= leastRead && request.FrameHead+int64(binary.BigEndian.Uint32(in.buf[in.start:])) > int64(have)
}

// Head returns the first n bytes of the frame that is next, behind its length, or ok false when more bytes are needed. The
// frame stays there.
func (in *Inbox) Head(n int) (head []byte, ok bool) {
	have := in.buf[in.start:in.end]
	if len(have) < request.FrameHead+n {
		return nil, false
	}
	return have[request.FrameHead : request.FrameHead+n : request.FrameHead+n], true
}

// Raise has the frame that is next read though it is above the limit.
func (in *Inbox) Raise(size int) { in.raised = size }

// Skip has the frame that is next thrown away as it comes, however long it is, in the memory that is there.
func (in *Inbox) Skip() {
	in.skipping = request.FrameHead + int(binary.BigEndian.Uint32(in.buf[in.start:]))
	in.discard()
}

// discard throws away what has come of the frame that is skipped; false if there is more to come.
func (in *Inbox) discard() bool {
	n := min(in.skipping, in.end-in.start)
	in.start += n
	in.skipping -= n
	return in.skipping == 0
}

// Whole returns the frame that next has returned last together with its length in front of it.
func (in *Inbox) Whole(frame []byte) []byte {
	return in.buf[in.start-len(frame)-request.FrameHead : in.start]
}
