package transfer

import "strings"

// Names that Import and Export give a meaning to. Everything that begins with reservedPrefix is theirs.
const (
	reservedPrefix = ".zkdemo."
	dirMarker      = ".zkdemo.dir"      // a znode: its parent is a directory, even without further children
	dataFile       = ".zkdemo.data"     // a file: the data of its directory's znode
	partialPrefix  = ".zkdemo.partial-" // a file that was being written
)

func isReserved(name string) bool { return strings.HasPrefix(name, reservedPrefix) }
