// Package session keeps a session alive: it has go-zookeeper's connection on top of a multiplexer, finds it servers, tells its owner what
// becomes of it, and ends it.
package session
