package mux

// Lasting is a request that may outlive the connection.
type Lasting interface {
	Request
	// Outlives is asked when a connection or the session ends: true keeps the request, at its place in the queue, for the
	// next connection; otherwise Fail follows. It must not call the Mux, which is locked meanwhile.
	Outlives(f Failure) bool
}

// keepLocked puts those of rs that outlive f at the end of the queue, in order, and returns the others. Once the Mux
// refuses requests, nothing lasts.
func (m *Mux) keepLocked(rs []Request, f Failure, b blame) (ended []Request) {
	if m.refusal != nil {
		return rs
	}
	ended = rs[:0]
	for _, r := range rs {
		if l, ok := r.(Lasting); ok && l.Outlives(b.of(r, f)) {
			m.queue.Push(r)
			continue
		}
		ended = append(ended, r)
	}
	return ended
}
