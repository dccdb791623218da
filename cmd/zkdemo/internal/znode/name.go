package znode

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// CheckName returns an error that says why name cannot be the name of a znode, or nil. The rules are those of the server
// (PathUtils.validatePath), which looks at UTF-16 units and so refuses every character that needs a surrogate pair, such as an
// emoji.
func CheckName(name string) error {
	switch {
	case name == "":
		return errors.New("a name may not be empty")
	case name == "." || name == "..":
		return fmt.Errorf("%q is not a name but a relative path", name)
	case strings.Contains(name, "/"):
		return fmt.Errorf("%q: a name may not contain a slash", name)
	case !utf8.ValidString(name):
		return fmt.Errorf("%q is not valid UTF-8", name)
	}
	for _, r := range name {
		if refused(r) {
			return fmt.Errorf("%q: ZooKeeper does not allow the character %U in a name", name, r)
		}
	}
	return nil
}

// refused reports whether the server rejects every path that contains r.
func refused(r rune) bool {
	switch {
	case r <= 0x1f: // control characters
		return true
	case r >= 0x7f && r <= 0x9f: // DEL and the second block of control characters
		return true
	case r >= 0xd800 && r <= 0xf8ff: // surrogates and the private use area
		return true
	case r >= 0xfff0: // specials, and every character that is a surrogate pair in UTF-16
		return true
	}
	return false
}

// CheckPath returns an error that says why path cannot be the path of a znode, or nil.
func CheckPath(path string) error {
	switch {
	case path == "":
		return errors.New("a znode path may not be empty; the root is /")
	case path[0] != '/':
		return fmt.Errorf("%q: a znode path begins with a slash", path)
	case path == "/":
		return nil
	case strings.HasSuffix(path, "/"):
		return fmt.Errorf("%q: a znode path does not end with a slash", path)
	}
	for name := range strings.SplitSeq(path[1:], "/") {
		if name == "" {
			return fmt.Errorf("%q: a znode path has no empty name in it", path)
		}
		if err := CheckName(name); err != nil {
			return fmt.Errorf("%q: %w", path, err)
		}
	}
	return nil
}
