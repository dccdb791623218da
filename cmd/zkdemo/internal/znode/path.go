package znode

import "strings"

// Root is the path of the znode that has no parent.
const Root = "/"

// System is the subtree that belongs to the server itself: its quotas and its configuration.
const System = "/zookeeper"

// Join returns the path of parent's child name.
func Join(parent, name string) string {
	if parent == Root {
		return Root + name
	}
	return parent + "/" + name
}

// Base returns the last name of path, and a slash for the root.
func Base(path string) string {
	if path == Root {
		return Root
	}
	return path[strings.LastIndexByte(path, '/')+1:]
}

// IsSystem reports whether path is System or lies below it.
func IsSystem(path string) bool {
	return path == System || strings.HasPrefix(path, System+"/")
}
