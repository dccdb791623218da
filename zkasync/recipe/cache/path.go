package cache

import "strings"

// split returns the parent's path and the last name.
func split(path string) (parent, name string) {
	i := strings.LastIndexByte(path, '/')
	if i <= 0 {
		return "/", path[i+1:]
	}
	return path[:i], path[i+1:]
}

// below returns the path relative to root, without a leading slash, or false if path is not at or below root.
func below(root, path string) (rest string, ok bool) {
	if path == root {
		return "", true
	}
	if root != "/" {
		path, ok = strings.CutPrefix(path, root)
		if !ok {
			return "", false
		}
	}
	rest, ok = strings.CutPrefix(path, "/")
	return rest, ok && rest != ""
}

// depth returns how many levels a path is below root.
func depth(root, path string) int {
	rest, _ := below(root, path)
	if rest == "" {
		return 0
	}
	return 1 + strings.Count(rest, "/")
}

// step removes the first name from rest, which below has returned and which is not empty.
func step(rest string) (name, behind string) {
	name, behind, _ = strings.Cut(rest, "/")
	return name, behind
}
