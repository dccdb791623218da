package mux

// Lasting is a request that may outlive the connection.
type Lasting interface {
	Request
	// Outlives is called when the connection or the session ends. If it returns true, the request goes back into the queue, in
	// order, for the next connection; otherwise Fail follows. It must not call the Mux, which is locked meanwhile.
	Outlives(f Failure) bool
}

// keepLocked puts those of rs that outlive f at the end of the queue, in order, and returns the others. Once the Mux
// refuses requests, none outlives its failure.
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
