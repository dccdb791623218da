// Package zkasync is a channel-native ZooKeeper client: every operation returns at once with a typed
// [future.Future], which works in select and takes callbacks.
//
//	c, err := zkasync.Connect(ctx, "127.0.0.1:2181/app")
//	if err != nil { ... }
//	defer c.Close()
//
//	node := c.Get(ctx, "/config")                 // sent, not waited for
//	kids := c.Children(ctx, "/workers")           // sent right behind
//	select {
//	case <-node.Done():
//	case <-time.After(time.Second):
//	}
//
// The model is Python's kazoo and its asynchronous API; go-zookeeper keeps the session underneath, and its types
// (zk.Stat, zk.ACL, zk.Event, zk.ErrNoNode, ...) are used as they are.
//
// # Order
//
// Requests reach the server in the order in which their methods were called, and their futures complete in that order,
// except that servers answer AddAuth ahead of requests that they are still processing.
// Callbacks, watch events and state changes run one at a time in one sequence, the order in which the server sent what
// they tell of; see package handler for other arrangements. A callback may block, wait for futures, call any method and
// stop the client with StopAsync. Composite operations ([Client.EnsurePath], [Client.DeleteAll], [Client.Create] with
// MakeParents or Protected) are ordered step by step.
//
// # Failure
//
// Each failed operation says what is known: it was rejected by the server (errors.Is(err, zk.ErrNoNode) and so on), it
// was not sent ([ErrNotSent]: safe to do again), or its outcome is unknown ([ErrOutcomeUnknown]: it may have been
// applied). Errors are [*OpError] and name operation and path.
//
// When the connection is lost, all that is in flight (outcome unknown) and all that is queued (not sent) fails in the
// order of submission, then the state becomes [Suspended]. What is submitted from then on waits for the next connection
// and fails with its context's error if that ends first. Credentials and watches are restored before it goes out.
// [WithRetry] has the client repeat what it may in place of failing it, [Retry] does so for one operation.
//
// # Watches
//
// [Client.GetW], [Client.ExistsW] and [Client.ChildrenW] leave a one-shot watch, whose event is a future.
// [Client.AddWatch] watches until it is closed, and [Client.WatchData] and [Client.WatchChildren] keep a value current.
// All are restored after a reconnect. When the session ends, one-shot watches fail with [ErrSessionExpired]; the others
// go over to the next one. All end with [ErrAuthFailed] when the server does not accept credentials, and with
// [ErrClosed] when the client closes.
//
// # Contexts
//
// The context of an operation decides whether it may still be sent. Once it is in flight, the future reports the
// server's answer whatever becomes of the context; waiting for it has a context of its own. A nil context counts as
// context.Background().
//
// # Goroutines
//
// Close returns when all of them are gone.
//
//	goroutine             how many               started by      joined by
//	go-zookeeper's        3 and a few moments    StartAsync      run.follow (its event channel closes)
//	run.follow            1 per run              StartAsync      Close
//	mux.Conn's            2 per connection       the handshake   the connection's end, Close
//	attempt.run           up to 16               the dialer      run.follow; one for each server that is being tried
//	its socketWatch       1 for a moment         its ctx         attempt.run
//	resolver.run          1 per name             the dialer      run.follow; while the name is looked up
//	handler's             1 by default           StartAsync      Close
//	delivery's            1                      StartAsync      Close; it runs functions of derived futures
//	run.bye's             1 while stopping       StopAsync       Close; it runs callbacks of StopAsync's future
//	haste.takePast        1 for a moment         a timer         Close; it tells states past a function that blocks
//	logbook's             1 with WithLogger      StartAsync      Close
//	pauses.endAll         1 while stopping       run.shutdown    Close
//	userCall.run          1 for a moment         userCalls.do    Close; it runs a dialer, say
//	run.shutdown          1 while stopping       StopAsync       Close
//	run.closeSession      1 while stopping       run.shutdown    run.shutdown
//	farewell.tell         1 per server           run.shutdown    run.shutdown; while stopping without a connection
//	farewell.join         1 meanwhile            run.shutdown    run.shutdown
//	run.seekWritable      1 while read-only      the handshake   Close
//	run.clockRanOut       1 for a moment         a timer         Close
//	pause.end             1 for a moment         a timer or ctx  Close; it calls what Retry was given
//	guarded.expire        1 for a moment         a waiting ctx   Close
//	states.drop           1 for a moment         its ctx         Close
//	Live.quit             1 for a moment         its ctx         Close
//	stateFeed.pump        1 per States channel that has fallen behind; joined by Close
//	eventFeed.pump        1 per Subscription that has fallen behind; joined by Close
//
// All methods of [Client] are safe for concurrent use.
package zkasync
