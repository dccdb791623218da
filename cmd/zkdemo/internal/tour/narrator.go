package tour

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/screen"
)

// narrator writes the tour: what is going on, the code, and what came of it.
type narrator struct {
	w     io.Writer
	style screen.Style
	width int
	part  int
}

// The narrow column that prose is set in.
const (
	proseWidth = 78
	codeIndent = "    "
)

// section opens a part of the tour. Its second line is what kazoo's page has in its place.
func (n *narrator) section(title, kazoo string) {
	n.part++
	fmt.Fprintf(n.w, "\n%s\n", n.style.Bold(fmt.Sprintf("%d. %s", n.part, title)))
	if kazoo != "" {
		fmt.Fprintln(n.w, n.style.Dim("   kazoo: "+kazoo))
	}
}

// say writes a paragraph.
func (n *narrator) say(text string) {
	fmt.Fprintln(n.w)
	for _, line := range wrap(text, min(n.width, proseWidth)) {
		fmt.Fprintln(n.w, line)
	}
}

// code shows the Go call that is made, in short.
func (n *narrator) code(lines ...string) {
	fmt.Fprintln(n.w)
	for _, line := range lines {
		fmt.Fprintln(n.w, codeIndent+n.style.Code(strings.ReplaceAll(line, "\t", codeIndent)))
	}
}

// got writes what came back.
func (n *narrator) got(format string, args ...any) {
	fmt.Fprintf(n.w, "  %s %s\n", n.style.Good("→"), fmt.Sprintf(format, args...))
}

// after is got with the time since started in front.
func (n *narrator) after(started time.Time, format string, args ...any) {
	n.took(time.Since(started), format, args...)
}

// took is got with a time in front.
func (n *narrator) took(d time.Duration, format string, args ...any) {
	n.got("%s  %s", n.style.Dim(fmt.Sprintf("%8s", screen.Duration(d))), fmt.Sprintf(format, args...))
}

// failure writes an error that was meant to happen.
func (n *narrator) failure(started time.Time, err error) {
	n.after(started, "%s", n.style.Notice(err.Error()))
}

// goDuration writes d as Go code does.
func goDuration(d time.Duration) string {
	if d%time.Second == 0 {
		return fmt.Sprintf("%d*time.Second", d/time.Second)
	}
	return fmt.Sprintf("%d*time.Millisecond", d/time.Millisecond)
}

// wrap breaks text into lines of no more than width columns, at its spaces.
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
