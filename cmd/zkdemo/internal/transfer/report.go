package transfer

import (
	"errors"
	"strconv"
	"unicode/utf8"
)

// Report says what a transfer did. Directories, Files, Unchanged and Skipped count each thing once.
type Report struct {
	Directories int64  `json:"directories"` // created
	Files       int64  `json:"files"`       // created or replaced
	Unchanged   int64  `json:"unchanged"`   // files and directories that were there already
	Bytes       int64  `json:"bytes"`       // contents of Files
	Skipped     []Item `json:"skipped"`     // what cannot be copied, or failed to be
	Unfinished  []Item `json:"unfinished"`  // what was begun when the transfer was cut short
	NotBegun    int64  `json:"not_begun"`   // known to be there, and not begun: below something skipped, or after the cut
}

// Item is one thing that was not copied.
type Item struct {
	Name   string `json:"name"` // the source: a file's path, or a znode's; quoted if it is not UTF-8
	Reason string `json:"reason"`
}

// newItem quotes a name that JSON could not tell from others.
func newItem(name, reason string) Item {
	if !utf8.ValidString(name) {
		name = strconv.Quote(name)
	}
	return Item{Name: name, Reason: reason}
}

// errCut is why the things in Unfinished are there: the transfer ended before they did.
var errCut = errors.New("the transfer was cut short; whether it was copied is not known")

// Progress is told how a transfer gets on. All of its methods run on the transfer's goroutine.
type Progress interface {
	// Found says that so many more things and bytes are to be copied.
	Found(things, bytes int64)
	// Done says that one thing has been dealt with.
	Done(bytes int64)
	// Skipped says that one thing was not copied, and why.
	Skipped(Item)
}
