// Package watch keeps all watches of a client, one-shot and lasting, and makes the servers keep them.
//
// The session drives a [Table]: Restore returns what to send first on a new connection, Fire delivers an event, Expire is
// called when the session is over, and End when the client stops. An operation holds a claim: a [Read] for a read that leaves
// a watch, a [Placing] for an addWatch, a [Removal] for removeWatches. A claim is made when its request is encoded and settled
// at its reply; it finds out by itself whether the server still has the watch that it relies on. A lasting watch is a
// [Listener] with a [Sink].
//
// Events, replies and the restoration after a reconnect come on the goroutine that reads the connection, one at a time. A
// watch is registered there too, at the reply to its request and before that reply completes anything, so no event can come
// before its registration.
//
// Each lock guards one of the tables below. None is held while other code is called, and none is taken under another.
package watch
