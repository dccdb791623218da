package tour

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/screen"
)

// narrator prints the tour: the explanations, the code, and the results.
type narrator struct {
	w     io.Writer
	style screen.Style
	width int
	part  int
}

// The layout of the tour, in columns.
const (
	proseWidth = 78
	codeIndent = "    "
)

// section begins a part of the tour. kazoo, if not empty, is the matching code or text from kazoo's documentation.
func (n *narrator) section(title, kazoo string) {
	n.part++
	fmt.Fprintf(n.w, "\n%s\n", n.style.Bold(fmt.Sprintf("%d. %s", n.part, title)))
	if kazoo != "" {
		fmt.Fprintln(n.w, n.style.Dim("   kazoo: "+kazoo))
	}
}

// say prints a paragraph.
func (n *narrator) say(text string) {
	fmt.Fprintln(n.w)
	for _, line := range wrap(text, min(n.width, proseWidth)) {
		fmt.Fprintln(n.w, line)
	}
}

// code shows, in short, the Go code that runs next.
func (n *narrator) code(lines ...string) {
	fmt.Fprintln(n.w)
	for _, line := range lines {
		fmt.Fprintln(n.w, codeIndent+n.style.Code(strings.ReplaceAll(line, "\t", codeIndent)))
	}
}

// got prints a result.
func (n *narrator) got(format string, args ...any) {
	fmt.Fprintf(n.w, "  %s %s\n", n.style.Good("→"), fmt.Sprintf(format, args...))
}

// after prints a result, after the time since started.
func (n *narrator) after(started time.Time, format string, args ...any) {
	n.took(time.Since(started), format, args...)
}

// took prints a result, after the time d.
func (n *narrator) took(d time.Duration, format string, args ...any) {
	n.got("%s  %s", n.style.Dim(fmt.Sprintf("%8s", screen.Duration(d))), fmt.Sprintf(format, args...))
}

// failure prints an error that the tour has caused on purpose.
func (n *narrator) failure(started time.Time, err error) {
	n.after(started, "%s", n.style.Notice(err.Error()))
}

// goDuration returns d as Go code.
func goDuration(d time.Duration) string {
	if d%time.Second == 0 {
		return fmt.Sprintf("%d*time.Second", d/time.Second)
	}
	return fmt.Sprintf("%d*time.Millisecond", d/time.Millisecond)
}

// wrap breaks text at its spaces into lines of no more than width columns. A longer word gets a line of its own.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width:
			lines = append(lines, line)
			line = word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}
