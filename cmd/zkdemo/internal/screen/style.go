package screen

import "os"

// Style colours text for a terminal. The zero Style leaves text unchanged.
type Style struct{ on bool }

// StyleFor returns the style for stream: colours on a terminal, unless NO_COLOR is set (see no-color.org).
func StyleFor(stream any) Style {
	return Style{on: IsTerminal(stream) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

// Control sequences of ECMA-48, "select graphic rendition".
const (
	sgrReset  = "\x1b[0m"
	sgrBold   = "\x1b[1m"
	sgrDim    = "\x1b[2m"
	sgrRed    = "\x1b[31m"
	sgrGreen  = "\x1b[32m"
	sgrYellow = "\x1b[33m"
	sgrCyan   = "\x1b[36m"
)

func (s Style) mark(sgr, text string) string {
	if !s.on || text == "" {
		return text
	}
	return sgr + text + sgrReset
}

// Bold is for headings.
func (s Style) Bold(text string) string { return s.mark(sgrBold, text) }

// Dim is for less important text.
func (s Style) Dim(text string) string { return s.mark(sgrDim, text) }

// Bad is for failures.
func (s Style) Bad(text string) string { return s.mark(sgrRed, text) }

// Good is for success.
func (s Style) Good(text string) string { return s.mark(sgrGreen, text) }

// Notice is for what should be noticed but is not a failure.
func (s Style) Notice(text string) string { return s.mark(sgrYellow, text) }

// Code is for code, and for the bars of charts.
func (s Style) Code(text string) string { return s.mark(sgrCyan, text) }
