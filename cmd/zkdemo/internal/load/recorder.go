package load

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// What a latency histogram covers: anything slower counts as slowest.
const (
	fastest           = int64(time.Microsecond)
	slowest           = int64(time.Minute)
	significantDigits = 3
)

// newHistogram counts nanoseconds.
func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(fastest, slowest, significantDigits)
}

// recorderParts is how many goroutines can note a latency without waiting for each other. A histogram for each of
// a thousand would take more memory than all else that is measured.
const recorderParts = 16

// recorder takes the latencies of one turn. It is made before the turn, so that its memory is not measured, and is safe
// for concurrent use.
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

// record notes a latency of the worker with this number.
func (r *recorder) record(worker int, latency time.Duration) {
	part := &r.parts[worker%recorderParts]
	part.mu.Lock()
	defer part.mu.Unlock()
	_ = part.h.RecordValue(min(int64(latency), slowest)) // fails only above slowest
}

// addTo adds what was noted to h.
func (r *recorder) addTo(h *hdrhistogram.Histogram) {
	for i := range r.parts {
		part := &r.parts[i]
		part.mu.Lock()
		h.Merge(part.h)
		part.mu.Unlock()
	}
}
