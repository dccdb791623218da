package load

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// The range of a latency histogram, in nanoseconds. A slower request counts as slowest.
const (
	fastest           = int64(time.Microsecond)
	slowest           = int64(time.Minute)
	significantDigits = 3
)

// newHistogram returns a histogram of nanoseconds.
func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(fastest, slowest, significantDigits)
}

// recorderParts is how many goroutines can record a latency without waiting for each other. A histogram for each of a
// thousand goroutines would take too much memory.
const recorderParts = 16

// recorder collects the latencies of one turn. It must be created before the turn, so that its memory is not measured. It is
// safe for concurrent use.
type recorder struct {
	parts [recorderParts]struct {
		mu sync.Mutex
		h  *hdrhistogram.Histogram
	}
}

func newRecorder() *recorder {
	r := &recorder{}
	for i := range r.parts {
		r.parts[i].h = newHistogram()
	}
	return r
}

// record adds a latency, measured by the worker with this number.
func (r *recorder) record(worker int, latency time.Duration) {
	part := &r.parts[worker%recorderParts]
	part.mu.Lock()
	defer part.mu.Unlock()
	_ = part.h.RecordValue(min(int64(latency), slowest)) // fails only above slowest
}

// addTo adds the recorded latencies to h.
func (r *recorder) addTo(h *hdrhistogram.Histogram) {
	for i := range r.parts {
		part := &r.parts[i]
		part.mu.Lock()
		h.Merge(part.h)
		part.mu.Unlock()
	}
}
