// Package watch knows all watches of a client, one-shot and lasting, and keeps them at the servers.
//
// The session drives a [Table]: Restore says what to send first on a new connection, Fire takes an event, Expire and End
// take the end of the session and of everything. Operations hold claims, a [Read] for one that leaves a watch, a [Placing]
// for an AddWatch, a [Removal]: they are made when a request is encoded and redeemed at its answer, and see by themselves
// whether the server still has what they rely on. Whoever listens is a [Listener] with a [Sink].
//
// Events, replies and the restoration after a reconnect come on the connection's reader, one at a time. Registrations are
// made there as well, at the reply and before it completes anything, so no event can come before its registration.
//
// Locks: that of the one-shots and that of the placements guard these tables only. None is held while anything is called,
// and none is taken under another.
package watch
