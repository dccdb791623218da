package transfer

import "strings"

// Names with a meaning for Import and Export. All names that begin with reservedPrefix are reserved.
const (
	reservedPrefix = ".zkdemo."
	dirMarker      = ".zkdemo.dir"      // a znode that marks its parent as a directory
	dataFile       = ".zkdemo.data"     // a file with the data of its directory's znode
	partialPrefix  = ".zkdemo.partial-" // begins the names of files that are being written
)

func isReserved(name string) bool { return strings.HasPrefix(name, reservedPrefix) }
