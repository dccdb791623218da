package load

import "time"

// Summary has the figures of a Measure for JSON. Times are in microseconds, except Seconds.
type Summary struct {
	Client       string   `json:"client"`
	Op           Op       `json:"op"`
	Depth        int      `json:"depth"`
	Size         int      `json:"size"`
	Ops          int64    `json:"ops"`
	Seconds      float64  `json:"seconds"`
	PerSecond    float64  `json:"ops_per_second"`
	CPUMicros    *float64 `json:"cpu_us_per_op,omitempty"` // absent if the system does not tell
	AllocsPerOp  float64  `json:"allocs_per_op"`
	BytesPerOp   float64  `json:"allocated_bytes_per_op"`
	LatencyMicro Latency  `json:"latency_us"`
}

// Latency has the mean, percentiles and the maximum.
type Latency struct {
	Mean float64 `json:"mean"`
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p99_9"`
	Max  float64 `json:"max"`
}

// Summarize returns the figures of m, which was measured according to p.
func Summarize(p Plan, m Measure) Summary {
	s := Summary{Client: m.Client, Op: p.Op, Depth: p.Depth, Size: p.Size, Ops: m.Ops, Seconds: m.Elapsed.Seconds()}
	if m.Ops == 0 {
		return s
	}
	ops := float64(m.Ops)
	s.PerSecond = ops / m.Elapsed.Seconds()
	s.AllocsPerOp = float64(m.Allocs) / ops
	s.BytesPerOp = float64(m.Bytes) / ops
	if m.CPUKnown {
		cpu := float64(m.CPU) / float64(time.Microsecond) / ops
		s.CPUMicros = &cpu
	}
	micros := func(ns int64) float64 { return float64(ns) / float64(time.Microsecond) }
	s.LatencyMicro = Latency{
		Mean: m.Latency.Mean() / float64(time.Microsecond),
		P50:  micros(m.Latency.ValueAtPercentile(50)),
		P90:  micros(m.Latency.ValueAtPercentile(90)),
		P99:  micros(m.Latency.ValueAtPercentile(99)),
		P999: micros(m.Latency.ValueAtPercentile(99.9)),
		Max:  micros(m.Latency.Max()),
	}
	return s
}
