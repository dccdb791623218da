package watch

import (
	"strings"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// outsideMark precedes the path of a znode that lies outside of the chroot. No path below it begins so.
const outsideMark = "/"

// Outside returns the name by which a table knows the path of a znode that does not lie below its chroot.
func Outside(path string) string { return outsideMark + path }

// FromOutside returns the path of such a znode, or false for one below the chroot.
func FromOutside(name string) (path string, ok bool) {
	if strings.HasPrefix(name, outsideMark+"/") {
		return name[len(outsideMark):], true
	}
	return name, false
}

// rooted returns a path with what goes in front of it at the server.
func (t *Table) rooted(name string) (chroot, path string) {
	if path, ok := FromOutside(name); ok {
		return "", path
	}
	return t.chroot, name
}

// full returns the server's path.
func (t *Table) full(name string) string { return wire.FullPath(t.rooted(name)) }
