package zkasync

import "strings"

// view is the server's tree as operations see it: below a chroot, or whole.
type view struct {
	c      *Client
	chroot string // "" is the whole tree
}

// strip returns the client's name for a server's path. A path outside the chroot is returned unchanged.
func (v *view) strip(path string) string {
	s, _ := v.inside(path)
	return s
}

// inside is strip, and also reports whether path is the chroot or below it.
func (v *view) inside(path string) (string, bool) {
	root := v.chroot
	if root == "" {
		return path, true
	}
	rest, ok := strings.CutPrefix(path, root)
	switch {
	case !ok || rest != "" && rest[0] != '/':
		return path, false
	case rest == "":
		return "/", true
	default:
		return rest, true
	}
}
