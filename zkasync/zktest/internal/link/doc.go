// Package link has the parts of connections: pipes in memory, the bytes that come on a connection, cut into frames, and the bytes to
// send. The only thing that it knows about ZooKeeper is that a frame begins with its length.
//
// # Goroutines
//
// The only goroutine is that of a timer, which runs half.ring at the deadline of a pipe and ends at once. Closing the connection stops
// the timer.
package link
