// Package zktest is a ZooKeeper server inside the process, for tests, demos and development. Production is an ensemble of
// Apache ZooKeeper: this server keeps its data in memory only.
//
//	func TestService(t *testing.T) {
//		srv := zktest.Run(t)
//		c, err := zkasync.Connect(t.Context(), srv.Addr(), srv.Options()...)
//		...
//	}
//
// It speaks ZooKeeper's protocol and answers as Apache ZooKeeper 3.8.0 does: with the same checks in the same order, the
// same zxids, versions and counters, and watches that fire at the same points. [WithVersion] chooses another release where
// they differ. Tests compare it with real servers, from 3.6 to 3.9, by scripts and by random sequences of requests, some of
// them malformed. It starts at once, needs no Java, port or file, and leaves nothing behind.
//
// # Connecting
//
// Clients connect in memory: [Server.Options] returns what package zkasync needs for that, [Server.Dial] is a Dialer for
// go-zookeeper. [Server.Listen] opens a port for clients in other processes, such as kazoo, Curator or zkCli. [WithTLS]
// secures both, [WithSASL] lets clients authenticate by DIGEST-MD5.
//
// # Time
//
// A server uses one clock for the expiry of sessions, for znodes with a TTL, containers and timestamps. By default that is
// the real one. Inside a bubble of testing/synctest it is automatically the bubble's, so that an hour passes in
// milliseconds. With [WithClock] time stands still until the test advances it.
//
// # Breaking
//
// [Server.Fault] breaks requests, selected by operation, path and session, before or after they are applied: by an
// error, a lost connection, or an answer that is held back. With [Server.Intercept] a function decides. [Server.Expire],
// [Server.Drop], [Server.Freeze] and similar methods break sessions and connections.
//
// # Looking inside
//
// [Server.Sessions], [Server.Watches], [Server.Requests] and [Server.Tree] show the state. [Server.WaitFor],
// [Server.WaitWatch] and [Server.WaitSessions] wait for something to happen, so that no test needs to sleep.
// [Server.Put] and [Server.Load] write without a client; [Server.Snapshot] and [Server.Restore] go back in time.
//
// # Ensembles
//
// [RunEnsemble] starts several servers with one history, each at its own place in it. [Server.Lag] produces stale reads;
// [Ensemble.Depose], [Ensemble.Partition] and [Server.Stop] produce other things that happen to ensembles. With
// [WithReconfig] a client can change the members, and [Ensemble.AddServer] starts a server that can join.
//
// # Order
//
// Everything on a server happens under one lock, one thing after the other. Two runs with the same requests in the same
// order give the same answers, zxids, session ids and orders. Where real servers promise no order, [WithShuffledOrder]
// produces another one.
//
// # What it is not
//
// It writes nothing to disk, so a transaction costs no time. It limits no rates: however many requests a client has sent, the
// server reads on (globalOutstandingLimit), and it neither refuses new connections in a rush nor throttles requests by itself. To
// see what a client does when requests are throttled, use [Fail] with zkasync.ErrThrottled. Only read-only servers have local
// sessions; there is no localSessionsEnabled. Authentication plugins, quorums with groups and weights, the admin server and the
// rarer four-letter words are missing, and mntr has a few of its many lines. Requests to create a session on a connection that has
// one, which no client sends, are unknown. The options [WithMaxConnections], [WithFourLetterWords] and [WithExtendedTypes] say
// where a default differs from that of a real server.
//
// # Goroutines
//
// Close returns when all of them have ended.
//
//	goroutine          how many            started by       joined by
//	conn.readLoop      1 per connection    Dial, a listener the connection's end, Close
//	conn.writeLoop     1 per connection    Dial, a listener the connection's end, Close
//	Server.acceptLoop  1 per Listen        Listen           Close
//	Mutex.ring         1 for a moment      a timer          Close; none with WithClock
//	half.ring          1 for a moment      a deadline       the connection's end
package zktest
