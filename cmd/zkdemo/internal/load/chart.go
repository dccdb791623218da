package load

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/screen"
)

// bucket is one bar of a chart: how many latencies are from low up to, but not including, high.
type bucket struct {
	low, high time.Duration
	count     int64
}

// maxBars bounds the height of a chart.
const maxBars = 20

// buckets counts the latencies of h in steps that grow by a constant factor. It takes the smallest factor that needs no more
// than maxBars bars.
func buckets(h *hdrhistogram.Histogram) []bucket {
	if h.TotalCount() == 0 {
		return nil
	}
	for _, perDecade := range []int{20, 10, 5, 3, 1} {
		if bars := bucketsOf(h, perDecade); len(bars) <= maxBars {
			return bars
		}
	}
	return bucketsOf(h, 1)
}

func bucketsOf(h *hdrhistogram.Histogram, perDecade int) []bucket {
	edge := func(step int) time.Duration {
		return time.Duration(math.Round(math.Pow(10, float64(step)/float64(perDecade))))
	}
	stepOf := func(ns int64) int {
		return int(math.Floor(math.Log10(float64(max(ns, 1))) * float64(perDecade)))
	}
	first, last := stepOf(h.Min()), stepOf(h.Max())
	bars := make([]bucket, last-first+1)
	for i := range bars {
		bars[i] = bucket{low: edge(first + i), high: edge(first + i + 1)}
	}
	for _, bar := range h.Distribution() {
		if bar.Count > 0 {
			middle := bar.From + (bar.To-bar.From)/2
			bars[min(max(stepOf(middle)-first, 0), len(bars)-1)].count += bar.Count
		}
	}
	return bars
}

// Chart draws the latencies of h as horizontal bars on a logarithmic scale, width columns wide.
func Chart(w io.Writer, h *hdrhistogram.Histogram, width int, style screen.Style) {
	bars := buckets(h)
	var most int64
	for _, b := range bars {
		most = max(most, b.count)
	}
	const label, share = 21, 8 // columns of "1.00 ms – 1.26 ms" and of " 12.3 %"
	room := max(width-label-share-4, 10)
	for _, b := range bars {
		span := fmt.Sprintf("%8s – %8s", screen.Duration(b.low), screen.Duration(b.high))
		bar := bar(float64(b.count)/float64(most), room)
		pad := strings.Repeat(" ", room-utf8.RuneCountInString(bar))
		percent := 100 * float64(b.count) / float64(h.TotalCount())
		fmt.Fprintf(w, "  %s %s%s %s\n", style.Dim(span), style.Code(bar), pad, percentText(percent, b.count))
	}
}

// percentText writes a share with two decimals. A share that is too small for them is shown as "<0.01 %", none as blanks.
func percentText(percent float64, count int64) string {
	switch {
	case count == 0:
		return "       "
	case percent < 0.01:
		return "<0.01 %"
	}
	return fmt.Sprintf("%5.2f %%", percent)
}

// eighths are blocks that fill one to eight eighths of a column.
var eighths = []rune("▏▎▍▌▋▊▉█")

// bar draws share (0 to 1) of width columns, to an eighth of a column. A share above 0 is always visible.
func bar(share float64, width int) string {
	n := int(math.Round(share * float64(width*len(eighths))))
	if n == 0 && share > 0 {
		n = 1
	}
	out := strings.Repeat(string(eighths[len(eighths)-1]), n/len(eighths))
	if rest := n % len(eighths); rest > 0 {
		out += string(eighths[rest-1])
	}
	return out
}
