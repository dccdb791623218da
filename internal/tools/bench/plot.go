package main

import (
	"fmt"
	"math"
	"strings"
)

// line is one line of a plot.
type line struct {
	name string
	x, y []float64
}

// The plot's size and margins, in pixels.
const (
	plotWidth, plotHeight    = 760, 420
	plotLeft, plotRight      = 80, 210
	plotTop, plotBottom      = 40, 50
	plotInnerW, plotInnerH   = plotWidth - plotLeft - plotRight, plotHeight - plotTop - plotBottom
	legendStep, legendSwatch = 20, 18
)

var plotColours = []string{"#0b62c4", "#d1495b", "#edae49", "#777777"}

// axis maps values to pixels by their logarithms.
type axis struct{ lo, hi float64 }

func (a axis) at(v float64) float64 {
	return (math.Log(v) - math.Log(a.lo)) / (math.Log(a.hi) - math.Log(a.lo))
}

// plot draws lines with two logarithmic axes, as SVG.
func plot(title, unit string, lines []line) string {
	ax, ay := axes(lines)
	px := func(v float64) float64 { return plotLeft + ax.at(v)*plotInnerW }
	py := func(v float64) float64 { return plotTop + (1-ay.at(v))*plotInnerH }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", plotWidth, plotHeight)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="white"/>`+"\n"+`<text x="%d" y="22" font-size="15">%s</text>`+"\n", plotLeft, title)
	for v := ay.lo; v <= ay.hi*1.001; v *= 10 {
		fmt.Fprintf(&b, `<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" stroke="#ddd"/>`, plotLeft, plotLeft+plotInnerW, py(v), py(v))
		fmt.Fprintf(&b, `<text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n", plotLeft-6, py(v)+4, number(v))
	}
	for _, v := range lines[0].x {
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n", px(v), plotTop+plotInnerH+18, number(v))
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">operations in flight</text>`+"\n", plotLeft+plotInnerW/2, plotHeight-10)
	fmt.Fprintf(&b, `<text x="%d" y="%d">%s</text>`+"\n", 10, plotTop-8, unit)
	for i, l := range lines {
		colour := plotColours[i%len(plotColours)]
		var points []string
		for j := range l.x {
			points = append(points, fmt.Sprintf("%.1f,%.1f", px(l.x[j]), py(l.y[j])))
			fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`, px(l.x[j]), py(l.y[j]), colour)
		}
		fmt.Fprintf(&b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>`+"\n", strings.Join(points, " "), colour)
		x, y := plotLeft+plotInnerW+14, plotTop+10+i*legendStep
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="12" height="4" fill="%s"/><text x="%d" y="%d">%s</text>`+"\n", x, y, colour, x+legendSwatch, y+6, l.name)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// axes returns axes that cover all lines. The vertical one begins and ends at powers of ten.
func axes(lines []line) (x, y axis) {
	x, y = axis{math.Inf(1), 0}, axis{math.Inf(1), 0}
	for _, l := range lines {
		for i := range l.x {
			x.lo, x.hi = min(x.lo, l.x[i]), max(x.hi, l.x[i])
			y.lo, y.hi = min(y.lo, l.y[i]), max(y.hi, l.y[i])
		}
	}
	if x.lo == x.hi {
		x.hi *= 2
	}
	y.lo = math.Pow(10, math.Floor(math.Log10(y.lo)))
	y.hi = math.Pow(10, math.Floor(math.Log10(y.hi))+1)
	return x, y
}
