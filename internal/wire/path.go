package wire

import "strings"

// FullPath returns the server's path for a client's path.
func FullPath(chroot, path string) string {
	if isChrootItself(chroot, path) {
		return chroot
	}
	return chroot + path
}

// ParentOf returns the path of the parent. The path must be valid and not "/".
func ParentOf(path string) string {
	if i := strings.LastIndexByte(path, '/'); i > 0 {
		return path[:i]
	}
	return "/"
}
