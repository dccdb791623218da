package wire

import "encoding/binary"

// nullLength is the length of a null buffer, string or vector in jute.
const nullLength int32 = -1

// reader walks through a body. After the first read that does not fit, which sets
// err, every read returns zero. So a decoder reads all its fields and then checks
// err once.
type reader struct {
	body []byte
	off  int
	err  error
}

func (r *reader) left() int { return len(r.body) - r.off }

func (r *reader) rest() []byte { return r.body[r.off:] }

// take returns the next n bytes, or nil if there are fewer.
func (r *reader) take(what string, n int) []byte {
	if r.err != nil {
		return nil
	}
	if r.left() < n {
		r.err = short(what, r.off, int64(n), r.left())
		return nil
	}
	p := r.body[r.off : r.off+n]
	r.off += n
	return p
}

func (r *reader) int32(what string) int32 {
	p := r.take(what, 4)
	if p == nil {
		return 0
	}
	return int32(binary.BigEndian.Uint32(p))
}

func (r *reader) int64(what string) int64 {
	p := r.take(what, 8)
	if p == nil {
		return 0
	}
	return int64(binary.BigEndian.Uint64(p))
}

// bool reads a boolean. Every byte except zero is true, as for Java's DataInput.
func (r *reader) bool(what string) bool {
	p := r.take(what, 1)
	return p != nil && p[0] != 0
}

// optionalBool reads a last field that the peer may have omitted.
func (r *reader) optionalBool() bool {
	return r.left() > 0 && r.bool("optional bool")
}

// length reads the length or count of elements of at least size bytes each, and
// checks that the body is long enough for them. Null is reported as -1.
func (r *reader) length(what string, size int64) int {
	at := r.off
	n := r.int32(what)
	if r.err != nil {
		return 0
	}
	if n < nullLength {
		r.err = badLength(what, at, n, r.left())
		return 0
	}
	if want := int64(n) * size; want > int64(r.left()) {
		r.err = short(what, r.off, want, r.left())
		return 0
	}
	return int(n)
}

// span returns the bytes of a buffer or a string, or nil for null or after an
// error.
func (r *reader) span(what string) []byte {
	n := r.length(what, 1)
	if n < 0 || r.err != nil {
		return nil
	}
	return r.take(what, n)
}

// buffer returns a copy of a buffer, of its exact size. Null is nil; an empty
// buffer is not nil.
func (r *reader) buffer(what string) []byte {
	p := r.span(what)
	if p == nil {
		return nil
	}
	q := make([]byte, len(p))
	copy(q, p)
	return q
}

// string reads a ustring. Go has no null string, so null is "".
func (r *reader) string(what string) string {
	return string(r.span(what))
}
