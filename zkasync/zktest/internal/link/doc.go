// Package link has what connections are made of: pipes in memory, what comes on a connection cut into frames, and what is
// to be sent on one. It knows nothing of ZooKeeper but that a frame begins with its length.
//
// # Goroutines
//
// It starts none but that of a timer, for a moment, at the deadline of a pipe (half.ring); the connection's end stops it.
package link
