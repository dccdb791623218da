// Package znode holds what can be said of a znode's name and path without asking a server: whether the server would
// take it, and how paths are put together.
package znode
