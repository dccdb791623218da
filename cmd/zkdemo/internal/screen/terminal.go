package screen

import (
	"os"

	"golang.org/x/term"
)

// defaultWidth is what a stream that is no terminal is taken to have.
const defaultWidth = 80

// IsTerminal reports whether stream, a reader or a writer, is a terminal that understands control sequences.
func IsTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

// Width gives the number of columns of stream, and 80 where it has none.
func Width(stream any) int {
	if f, ok := stream.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			return w
		}
	}
	return defaultWidth
}
