// Package zkpeer plays the server's part of the protocol for tests. It can do what a real server does only when it is broken.
// For benchmarks it has a server that takes next to no time.
//
// A [Peer] runs a [Script] for each connection. A script is plain code that reads requests, and writes replies, events or any
// other bytes.
//
//	peer := zkpeer.Pipes(t,
//		func(c *zkpeer.Conn) { c.Hold() }, // the first connection: a handshake that stalls
//		zkpeer.Healthy,                    // all others
//	)
//	client, err := zkasync.Connect(ctx, peer.Addr(), zkasync.WithDialer(peer.Dial))
//
// The connections of [Pipes] are made by net.Pipe, so that a client can run together with its peer in a bubble of
// testing/synctest, where a timeout takes no time and is met to the nanosecond. Those of [Listen] are TCP connections.
//
// [StartReplay] and [StartReplayProcess] start the server for benchmarks.
//
// Goroutines:
//
//	goroutine        how many          started by     ends                       joined by
//	Peer.accept      1 per Listen      Listen         with the listener          Peer.Close
//	Peer.play        1 per connection  accept, Dial   when the script returns    Peer.Close
//	replayer.accept  1 per StartReplay StartReplay    with the listener          replayer.stop
//	replayer.serve   1 per connection  accept         with the connection        replayer.stop
package zkpeer
