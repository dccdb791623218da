// Package reach finds a server that answers a handshake: it dials the servers of a list, several at a time if it must, and
// shakes hands.
package reach
