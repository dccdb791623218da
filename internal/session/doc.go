// Package session keeps a session alive. It runs go-zookeeper's connection on top of a multiplexer, finds servers for it, tells the
// owner what happens to the session, and ends it.
package session
