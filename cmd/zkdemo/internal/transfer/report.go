package transfer

import (
	"errors"
	"strconv"
	"unicode/utf8"
)

// Report says what a transfer has done. Each thing is counted in one of Directories, Files, Unchanged and Skipped.
type Report struct {
	Directories int64  `json:"directories"` // created
	Files       int64  `json:"files"`       // created or replaced
	Unchanged   int64  `json:"unchanged"`   // files and directories that existed already
	Bytes       int64  `json:"bytes"`       // contents of Files
	Skipped     []Item `json:"skipped"`     // what could not be copied
	Unfinished  []Item `json:"unfinished"`  // what had been begun when the transfer was interrupted
	NotBegun    int64  `json:"not_begun"`   // known to exist but not begun: below something skipped, or because of the interruption
}

// Item is one thing that was not copied.
type Item struct {
	Name   string `json:"name"` // the path of the source, a file or a znode; quoted if it is not UTF-8
	Reason string `json:"reason"`
}

// newItem quotes a name that is not UTF-8, since in JSON it might look the same as another.
func newItem(name, reason string) Item {
	if !utf8.ValidString(name) {
		name = strconv.Quote(name)
	}
	return Item{Name: name, Reason: reason}
}

// errCut is the reason of items that had no answer when the transfer ended.
var errCut = errors.New("the transfer was interrupted; whether it was copied is not known")

// Progress is told about the progress of a transfer. All methods are called on the transfer's goroutine.
type Progress interface {
	// Found reports that there are this many more things and bytes to copy.
	Found(things, bytes int64)
	// Done reports that one thing, with this many bytes, has been dealt with.
	Done(bytes int64)
	// Skipped reports that one thing was not copied, and why.
	Skipped(Item)
}
