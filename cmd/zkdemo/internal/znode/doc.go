// Package znode checks the names and paths of znodes by the server's rules, without asking a server, and takes paths apart
// and joins them.
package znode
