package zkasync

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/go-zookeeper/zk"
)

// pathError names the rule that a path breaks; it matches zk.ErrInvalidPath.
type pathError struct{ rule string }

func (e *pathError) Error() string { return "invalid path: " + e.rule }
func (e *pathError) Unwrap() error { return zk.ErrInvalidPath }

// checkPath applies ZooKeeper's rules for paths (PathUtils.validatePath), and requires valid UTF-8, since the server
// would replace anything else silently.
func checkPath(path string) error {
	if path == "" {
		return &pathError{"empty"}
	}
	if path[0] != '/' {
		return &pathError{`must begin with "/"`}
	}
	if len(path) == 1 {
		return nil
	}
	if path[len(path)-1] == '/' {
		return &pathError{`must not end with "/"`}
	}
	return checkNames(path)
}

// checkSequentialPath is checkPath for a path to which the server appends a number: it checks the resulting path
// (PathUtils.validatePath with isSequential), so the path may end with "/", and its last name may be "." or "..".
func checkSequentialPath(path string) error {
	if strings.HasSuffix(path, "/") || strings.HasSuffix(path, ".") {
		path += "1"
	}
	return checkPath(path)
}

// checkDeletable is checkPath for a path that is to be deleted. The root belongs to the server, and the root of a chroot to
// whoever created it, not to those who work in it.
func checkDeletable(path string) error {
	if path == "/" {
		return &pathError{"the root cannot be deleted"}
	}
	return checkPath(path)
}

// checkNames checks the names between the slashes; path starts with one.
func checkNames(path string) error {
	start := 1 // of the current name
	for i := 1; i <= len(path); i++ {
		if i < len(path) && path[i] != '/' {
			if b := path[i]; b < ' ' || b >= 0x7f {
				return checkRunes(path)
			}
			continue
		}
		switch path[start:i] {
		case "":
			return &pathError{`empty name ("//")`}
		case ".", "..":
			return &pathError{fmt.Sprintf("relative name %q", path[start:i])}
		}
		start = i + 1
	}
	return nil
}

// checkRunes is checkNames for paths that are not plain ASCII. Characters beyond U+FFFF take two of Java's, which the
// server refuses.
func checkRunes(path string) error {
	if !utf8.ValidString(path) {
		return &pathError{"not valid UTF-8"}
	}
	for _, r := range path {
		if r < ' ' || r >= 0x7f && r <= 0x9f || r > 0xd800 && r < 0xf8ff || r > 0xfff0 && r < 0xffff || r > 0xffff {
			return &pathError{fmt.Sprintf("character %U is not allowed", r)}
		}
	}
	for name := range strings.SplitSeq(path[1:], "/") {
		switch name {
		case "":
			return &pathError{`empty name ("//")`}
		case ".", "..":
			return &pathError{fmt.Sprintf("relative name %q", name)}
		}
	}
	return nil
}

// join appends a child's name to a valid path.
func join(path, name string) string {
	if path == "/" {
		return path + name
	}
	return path + "/" + name
}
