package screen

import (
	"os"

	"golang.org/x/term"
)

// defaultWidth is the width that is assumed for a stream that is not a terminal.
const defaultWidth = 80

// IsTerminal reports whether stream, a reader or a writer, is a terminal that understands control sequences.
func IsTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

// Width returns the number of columns of stream, or 80 if it is not a terminal.
func Width(stream any) int {
	if f, ok := stream.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			return w
		}
	}
	return defaultWidth
}
