// Package zktest is a ZooKeeper server inside the process, for tests, demos and development. Production is an ensemble of
// Apache ZooKeeper: this server keeps its data in memory only.
//
//	func TestService(t *testing.T) {
//		srv := zktest.Run(t)
//		c, err := zkasync.Connect(t.Context(), srv.Addr(), srv.Options()...)
//		...
//	}
//
// It speaks ZooKeeper's protocol and answers as Apache ZooKeeper 3.8.0 does: the same checks in the same order, the same
// zxids, versions and counters, watches fired at the same points. [WithVersion] chooses another release where they differ.
// Tests hold it to the real ones, from 3.6 to 3.9, with a script and with random sequences of requests.
// It starts at once, needs neither Java nor a port nor a file, and leaves nothing behind.
//
// # Connecting
//
// Clients connect in memory: [Server.Options] has what package zkasync needs for it, [Server.Dial] is go-zookeeper's
// Dialer. [Server.Listen] opens a port for clients in other processes, such as kazoo, Curator or zkCli. [WithTLS] secures both,
// [WithSASL] lets clients authenticate by DIGEST-MD5.
//
// # Time
//
// A server keeps one time, for the expiry of sessions, znodes with a TTL, containers and timestamps. It is the real one;
// inside a bubble of testing/synctest it is the bubble's, without any doing, so that an hour passes in milliseconds; with
// [WithClock] it stands still until the test moves it.
//
// # Breaking
//
// [Server.Fault] breaks requests, by operation, path and session, before they are applied or after: an error, a lost
// connection, an answer that is held. [Server.Intercept] has a function decide. [Server.Expire], [Server.Drop],
// [Server.Freeze] and their neighbours break sessions and connections.
//
// # Looking inside
//
// [Server.Sessions], [Server.Watches], [Server.Requests] and [Server.Tree] tell what there is. [Server.WaitFor],
// [Server.WaitWatch] and [Server.WaitSessions] wait until it has happened, so that no test sleeps. [Server.Put] and
// [Server.Load] write without a client, [Server.Snapshot] and [Server.Restore] go back in time.
//
// # Ensembles
//
// [RunEnsemble] gives several servers with one history. Each is at its own place in it: [Server.Lag] makes stale reads,
// [Ensemble.Depose], [Ensemble.Partition] and [Server.Stop] what else happens to servers.
//
// # Order
//
// All that happens on a server happens under one lock, one thing after the other. Two runs in which the same requests
// come in the same order give the same answers, zxids, session ids and orders. Where real servers promise no order,
// [WithShuffledOrder] gives another one.
//
// # What it is not
//
// It writes nothing to disk, so a transaction costs no time. It does not throttle. Beyond that, defaults that differ from
// those of a server as it comes are named at their options: [WithMaxConnections], [WithFourLetterWords],
// [WithExtendedTypes].
//
// # Goroutines
//
// Close returns when all of them are gone.
//
//	goroutine          how many            started by       joined by
//	conn.readLoop      1 per connection    Dial, a listener the connection's end, Close
//	conn.writeLoop     1 per connection    Dial, a listener the connection's end, Close
//	Server.acceptLoop  1 per Listen        Listen           Close
//	Mutex.ring         1 for a moment      a timer          Close; none with WithClock
//	half.ring          1 for a moment      a deadline       the connection's end
package zktest
