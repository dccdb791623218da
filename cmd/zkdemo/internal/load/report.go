package load

import (
	"fmt"
	"io"
	"time"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/screen"
)

// Report writes the figures of one client, with a chart of its latencies that is width columns wide.
func Report(w io.Writer, p Plan, m Measure, width int, style screen.Style) {
	s := Summarize(p, m)
	fmt.Fprintf(w, "%s  %s, %s in flight, %s\n", style.Bold(string(p.Op)), m.Client, screen.Count(int64(p.Depth)), sizeText(p))
	if m.Ops == 0 {
		fmt.Fprintf(w, "  no request was answered\n")
		return
	}
	fmt.Fprintf(w, "  %s in %s: %s\n", screen.Plural(m.Ops, "request", "requests"), screen.Duration(m.Elapsed),
		style.Good(screen.Count(int64(s.PerSecond))+" per second"))
	fmt.Fprintf(w, "  per request: %s, %s in %.1f allocations\n", cpuText(s), screen.Bytes(int64(s.BytesPerOp)), s.AllocsPerOp)
	l := s.LatencyMicro
	fmt.Fprintf(w, "  latency: half within %s, 90 %% within %s, 99 %% within %s, 99.9 %% within %s, slowest %s\n",
		micros(l.P50), micros(l.P90), micros(l.P99), micros(l.P999), micros(l.Max))
	Chart(w, m.Latency, width, style)
}

// Compare writes the figures of the first client beside those of each other one, with their ratios.
func Compare(w io.Writer, p Plan, measures []Measure, style screen.Style) {
	fmt.Fprintf(w, "%s  side by side, %s in flight, %s, in %s\n", style.Bold(string(p.Op)),
		screen.Count(int64(p.Depth)), sizeText(p), screen.Plural(int64(p.Rounds), "round", "rounds"))
	first := Summarize(p, measures[0])
	for _, m := range measures[1:] {
		other := Summarize(p, m)
		fmt.Fprintf(w, "  %-22s %14s %14s   %s\n", "", first.Client, other.Client, "ratio")
		row := func(name, a, b string, ratio float64, better, worse string) {
			fmt.Fprintf(w, "  %-22s %14s %14s   %s\n", name, a, b, ratioText(style, ratio, better, worse))
		}
		row("requests per second", screen.Count(int64(first.PerSecond)), screen.Count(int64(other.PerSecond)),
			first.PerSecond/other.PerSecond, "as many", "fewer")
		if first.CPUMicros != nil && other.CPUMicros != nil {
			row("processor per request", micros(*first.CPUMicros), micros(*other.CPUMicros), *other.CPUMicros / *first.CPUMicros, "less", "more")
		}
		row("allocated per request", screen.Bytes(int64(first.BytesPerOp)), screen.Bytes(int64(other.BytesPerOp)),
			other.BytesPerOp/first.BytesPerOp, "less", "more")
		row("allocations", fmt.Sprintf("%.1f", first.AllocsPerOp), fmt.Sprintf("%.1f", other.AllocsPerOp),
			other.AllocsPerOp/first.AllocsPerOp, "less", "more")
		row("latency, half within", micros(first.LatencyMicro.P50), micros(other.LatencyMicro.P50),
			other.LatencyMicro.P50/first.LatencyMicro.P50, "faster", "slower")
		row("latency, 99 % within", micros(first.LatencyMicro.P99), micros(other.LatencyMicro.P99),
			other.LatencyMicro.P99/first.LatencyMicro.P99, "faster", "slower")
	}
}

// ratioText writes how many times better the first client is, or how many times worse.
func ratioText(style screen.Style, ratio float64, better, worse string) string {
	if ratio >= 1 {
		return style.Good(fmt.Sprintf("%.2f times %s", ratio, better))
	}
	return style.Bad(fmt.Sprintf("%.2f times %s", 1/ratio, worse))
}

func sizeText(p Plan) string {
	return screen.Bytes(int64(p.Size)) + " each"
}

func cpuText(s Summary) string {
	if s.CPUMicros == nil {
		return "processor time unknown on this system"
	}
	return micros(*s.CPUMicros) + " of processor time"
}

func micros(us float64) string {
	return screen.Duration(time.Duration(us * float64(time.Microsecond)))
}
