package znode

import "strings"

// ValidPath applies the rules of PathUtils.validatePath, which the server applies to writes alone.
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

// invalidRune tells what no path may have. Java sees a rune beyond the basic plane as two surrogates, which are not valid.
func invalidRune(r rune) bool {
	return r <= 0x1f || r >= 0x7f && r <= 0x9f || r >= 0xd800 && r <= 0xf8ff || r >= 0xfff0
}

func isSpecial(path string) bool {
	return path == RootPath || path == OwnPath || path == quotaPath || path == ConfigPath
}

// Deletable reports whether path may be deleted as far as its name goes (getParentPathAndValidate).
func Deletable(path string) bool {
	return strings.IndexByte(path, '/') >= 0 && strings.IndexByte(path, 0) < 0 && !isSpecial(path)
}

// Creatable is the first look at a path to be created (validatePathForCreate); the second comes with its final name.
func Creatable(path string) bool {
	return strings.IndexByte(path, '/') >= 0 && strings.IndexByte(path, 0) < 0
}
