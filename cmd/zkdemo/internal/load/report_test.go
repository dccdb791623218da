package load

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/screen"
)

// measured returns a Measure with these latencies.
func measured(client string, latencies ...time.Duration) Measure {
	m := Measure{Client: client, Ops: int64(len(latencies)), Elapsed: time.Second, CPU: time.Millisecond, CPUKnown: true, Allocs: 10, Bytes: 1000, Latency: newHistogram()}
	r := newRecorder()
	for i, l := range latencies {
		r.record(i, l)
	}
	r.addTo(m.Latency)
	return m
}

func TestBuckets_CountEachLatencyOnce(t *testing.T) {
	t.Parallel()
	for name, latencies := range map[string][]time.Duration{
		"none":       nil,
		"one":        {time.Millisecond},
		"equal":      {5000, 5000, 5000},
		"wide":       {1000, 20_000, 300_000, 4_000_000, 50_000_000, 600_000_000, 7_000_000_000},
		"too small":  {1, 2, 3},
		"too large":  {time.Hour, time.Minute},
		"powers":     {1000, 10_000, 100_000, 1_000_000},
		"near edges": {999, 1000, 1001, 9_999, 10_001},
	} {
		m := measured("x", latencies...)
		bars := buckets(m.Latency)
		var sum int64
		for i, b := range bars {
			sum += b.count
			if b.low >= b.high || i > 0 && b.low != bars[i-1].high {
				t.Errorf("%s: bar %d is %v to %v", name, i, b.low, b.high)
			}
		}
		if sum != int64(len(latencies)) || len(bars) > maxBars {
			t.Errorf("%s: %d latencies in %d bars hold %d", name, len(latencies), len(bars), sum)
		}
	}
}

func TestChart_FitsTheWidth(t *testing.T) {
	t.Parallel()
	m := measured("x", 1000, 2000, 2000, 5_000_000)
	for _, width := range []int{60, 80, 200} {
		var out bytes.Buffer
		Chart(&out, m.Latency, width, screen.Style{})
		for line := range strings.Lines(out.String()) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > width {
				t.Errorf("a line of %d columns in %d: %q", n, width, line)
			}
		}
	}
}

func TestBar_DrawsToAnEighth(t *testing.T) {
	t.Parallel()
	for share, want := range map[float64]string{0: "", 1: "████", 0.5: "██", 0.0001: "▏", 0.28125: "█▏", 0.96875: "███▉"} {
		if got := bar(share, 4); got != want {
			t.Errorf("bar(%v) = %q, want %q", share, got, want)
		}
	}
}

func TestReport_SaysWhatWasMeasured(t *testing.T) {
	t.Parallel()
	p := Plan{Op: Get, Depth: 1000, Size: 100, Rounds: 3}
	fast, slow := measured("zkasync", 1000, 2000, 3000, 4000), measured("go-zookeeper", 10_000, 20_000)
	var out bytes.Buffer
	Report(&out, p, fast, 80, screen.Style{})
	Compare(&out, p, []Measure{fast, slow}, screen.Style{})
	Report(&out, p, measured("idle"), 80, screen.Style{})
	for _, want := range []string{"4 requests in 1.00 s: 4 per second", "250 µs of processor time", "2.00 times as many", "2.00 times less", "no request was answered"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	out.Reset()
	Compare(&out, p, []Measure{slow, fast}, screen.Style{})
	if !strings.Contains(out.String(), "2.00 times fewer") || !strings.Contains(out.String(), "times slower") {
		t.Errorf("the report does not say that the first client is worse:\n%s", out.String())
	}
}

func TestSummary_IsJSON(t *testing.T) {
	t.Parallel()
	known, unknown := measured("a", 1000), measured("b", 1000)
	unknown.CPUKnown = false
	for _, m := range []Measure{known, unknown, measured("none")} {
		text, err := json.Marshal(Summarize(Plan{Op: Set, Rounds: 1}, m))
		if err != nil {
			t.Errorf("%s: %v", m.Client, err)
		}
		if has := strings.Contains(string(text), "cpu_us_per_op"); has != (m.Client == "a") {
			t.Errorf("%s: %s", m.Client, text)
		}
	}
}

func TestCPUTime_Advances(t *testing.T) {
	t.Parallel()
	before, known := cpuTime()
	for end := time.Now().Add(10 * time.Second); known && time.Now().Before(end); {
		if now, _ := cpuTime(); now > before {
			return
		}
	}
	if known {
		t.Error("no processor time was used in ten seconds of work")
	}
}

func TestParseOp_NamesTheChoice(t *testing.T) {
	t.Parallel()
	for _, op := range Ops {
		if got, err := ParseOp(string(op)); got != op || err != nil {
			t.Errorf("ParseOp(%s) = %v, %v", op, got, err)
		}
	}
	if _, err := ParseOp("frob"); err == nil || !strings.Contains(err.Error(), `"frob"`) || !strings.Contains(err.Error(), "get, set, create") {
		t.Errorf("ParseOp(frob): %v", err)
	}
}
