// Package zkpeer plays the server's part of the protocol for tests: what a real server does only when it is broken, and,
// for benchmarks, a server that takes next to no time.
//
// A [Peer] runs a [Script] for each connection. The script is plain code: it reads requests, and writes replies, events
// or any bytes whatever.
//
//	peer := zkpeer.Pipes(t,
//		func(c *zkpeer.Conn) { c.Hold() }, // the first connection: a handshake that stalls
//		zkpeer.Healthy,                    // all others
//	)
//	client, err := zkasync.Connect(ctx, peer.Addr(), zkasync.WithDialer(peer.Dial))
//
// Connections of [Pipes] are net.Pipe's, so that a whole client with its peer lives in a bubble of testing/synctest, where
// a timeout takes no time and is met to the nanosecond. Those of [Listen] are TCP.
//
// [StartReplay] and [StartReplayProcess] start the server for benchmarks.
//
// Goroutines:
//
//	goroutine        how many          started by     ends                       joined by
//	Peer.accept      1 per Listen      Listen         with the listener          Peer.Close
//	Peer.play        1 per connection  accept, Dial   when the script returns    Peer.Close
//	replayer.accept  1 per StartReplay StartReplay    with the listener          the test's end
//	replayer.serve   1 per connection  accept         with the connection        the test's end
package zkpeer
