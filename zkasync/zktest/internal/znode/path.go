package znode

import "strings"

// ValidPath applies the rules of PathUtils.validatePath, which a server applies only to writes.
func ValidPath(path string) bool {
	if path == RootPath {
		return true
	}
	if path == "" || path[0] != '/' || path[len(path)-1] == '/' {
		return false
	}
	for name := range strings.SplitSeq(path[1:], "/") {
		if name == "" || name == "." || name == ".." {
			return false
		}
	}
	return strings.IndexFunc(path, invalidRune) < 0
}

// invalidRune reports whether a path must not contain r. Java sees a rune beyond the basic plane as two surrogates, which are not
// valid.
func invalidRune(r rune) bool {
	return r <= 0x1f || r >= 0x7f && r <= 0x9f || r >= 0xd800 && r <= 0xf8ff || r >= 0xfff0
}

func isSpecial(path string) bool {
	return path == RootPath || path == OwnPath || path == quotaPath || path == ConfigPath
}

// Deletable reports whether the server accepts path in a delete (getParentPathAndValidate).
func Deletable(path string) bool {
	return strings.IndexByte(path, '/') >= 0 && strings.IndexByte(path, 0) < 0 && !isSpecial(path)
}

// Creatable is the first check of a path to be created (validatePathForCreate). The second, ValidPath, is made with the final name.
func Creatable(path string) bool {
	return strings.IndexByte(path, '/') >= 0 && strings.IndexByte(path, 0) < 0
}
