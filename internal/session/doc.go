// Package session keeps a session alive: it runs go-zookeeper's connection on top of a multiplexer, finds servers for it, tells its
// owner what happens to it, and ends it.
package session
