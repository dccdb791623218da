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
// (zk.Stat, zk.ACL, zk.EventType, zk.ErrNoNode, ...) are used as they are.
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
// order of submission, then the state becomes [StateSuspended]. What is submitted from then on waits for the next connection
// and fails with its context's error if that ends first. Credentials and watches are restored before it goes out.
// [WithRetry] has the client repeat what it may instead of failing it, [Retry] does so for one operation.
//
// # Watches
//
// [Client.GetW], [Client.ExistsW] and [Client.ChildrenW] leave a one-shot watch, whose event is a future.
// [Client.AddWatch] watches until it is closed, and [Client.WatchData] and [Client.WatchChildren] keep a value current.
// All are restored after a reconnect. When the session ends, one-shot watches fail with [ErrSessionExpired]; the others
// go over to the next one. All end with [ErrAuthFailed] when the server does not accept credentials, and with
// [ErrClosed] when the client closes. None fires twice for one change.
//
// A one-shot watch misses no change that the client may read. Servers since 3.8.4 and 3.9.2 do not tell of the others, and spend the
// watch on them: where permissions change, take WatchData, WatchChildren or AddWatch, which see the next change that may be
// read.
//
// # Session
//
// The state is [StateLost] when the server says that the session is over, or when by the local clock it can no longer be alive. In the
// second case nothing else fails, and should the server still know the session, [StateConnected] follows with the same session id. When
// it has expired, a new one begins by itself.
//
// # Contexts
//
// The context of an operation decides whether it may still be sent. Once it is in flight, the future reports the
// server's answer whatever becomes of the context; waiting for it has a context of its own. A nil context counts as
// context.Background().
//
// # Functions of yours
//
// None of them runs on a goroutine that the client needs for something else: one that blocks, panics or calls
// runtime.Goexit (t.FailNow does) keeps no heartbeat, no reply and no state from coming.
//
//	function                          runs on                            may it block?       panic, Goexit
//	OnDone, OnEvent, OnChange,        the handler's goroutine, your      yes; callbacks      logged, WithPanicHook;
//	OnState                           loop, or, with NewInline, the      behind it wait      the next one runs
//	                                  delivery goroutine
//	future.Then, FlatMap, Recover     the delivery goroutine; inside     yes; callbacks and  the derived future fails:
//	                                  the call if the source is          functions behind    PanicError, ErrGoexit
//	                                  complete                           it wait
//	future.Go                         one of its own                     yes                 its future fails
//	callbacks of StopAsync's future   one of their own                   yes; Close waits    logged; the next one runs
//	                                                                     for them
//	Retry's operation                 the caller's; when repeated, a     briefly; Close      the result fails
//	                                  timer's                            waits for it
//	WithDialer, WithResolver          one for each call                  till its context    that attempt fails
//	                                                                     ends
//	callbacks of WithTLS: Verify...,  one for each call                  the handshake       the handshake fails
//	GetClientCertificate                                                 waits
//	net.Conn that a dialer made       the connection's                   like any network    panic: connection loss
//	WithLogger                        one of its own                     yes; 1000 lines     that line is lost
//	                                                                     wait, then dropped
//	context.Context of your own       the connection's writer            no                  connection loss
//	methods of a handler of your own  the delivery goroutine             yes                 logged
//
// A function may wait for any operation of any client, but not for what completes only after its own return: [future.Future.Get]
// fails there at once with [future.ErrWouldDeadlock], and Close and Restart with handler.ErrInCallback. A wait by other means,
// such as <-f.Done(), cannot be refused. It holds up the functions and callbacks behind it, and nothing else. What one
// request needs of another is best said with FlatMap, which waits for nobody:
//
//	name := c.Get(ctx, "/current")
//	node := future.FlatMap(name, func(n zkasync.Node) *future.Future[zkasync.Node] { return c.Get(ctx, string(n.Data)) })
//
// A change of the state comes in its place among the callbacks. Behind a function of Then that does not return it waits for no
// longer than a tenth of the session timeout (a second at the most), and then overtakes. State, and the channel of States, have
// it at once. A callback that itself does not return holds up OnState, so whoever must hear of Lost in time reads States.
//
// When Close cannot wait for a function any longer it returns an error that names it, with file and line.
//
// What is queued behind a callback that does not return takes memory without bound, about 100 bytes for each event of
// OnEvent; after 5 seconds that is logged at level Warn, once for each such callback, with its name and the number of
// tasks queued. A bound have the channels of subscriptions, see [CoalesceEvents] and [BufferEvents].
//
// # Goroutines
//
// Close returns when all of them are gone.
//
//	goroutine             how many               started by      joined by
//	go-zookeeper's        3 and a few moments    StartAsync      Run.follow (its event channel closes)
//	Run.follow            1 per run              StartAsync      Close
//	mux.Conn's            2 per connection       the handshake   the connection's end, Close
//	attempt.run           up to 16               the dialer      Run.follow; one for each server that is being tried
//	its socket's cutoff   1 for a moment         its ctx         attempt.run
//	Resolver.run          1 per name             the dialer      Run.follow; while the name is looked up
//	handler's             1 by default           StartAsync      Close
//	delivery's            1                      StartAsync      Close; it runs functions of derived futures
//	run.bye's             1 while stopping       StopAsync       Close; it runs callbacks of StopAsync's future
//	haste.takePast        1 for a moment         a timer         Close; it tells states past a function that blocks
//	logbook's             1 with WithLogger      StartAsync      Close
//	pauses.endAll         1 while stopping       run.shutdown    Close
//	userCall.run          1 for a moment         userCalls.do    Close; it runs a dialer, say
//	run.shutdown          1 while stopping       StopAsync       Close
//	Run.closeSession      1 while stopping       run.shutdown    run.shutdown
//	farewell.tell         1 per server           run.shutdown    run.shutdown; while stopping without a connection
//	farewell.join         1 meanwhile            run.shutdown    run.shutdown
//	Run.seekWritable      1 while read-only      the handshake   Close
//	clock.tick            1 for a moment         a timer         Close
//	pause.end             1 for a moment         a timer or ctx  Close; it calls what Retry was given
//	ending.run            1 for a moment         a ctx           Close; it calls what AfterFunc was given
//	guarded.expire        1 for a moment         a waiting ctx   Close
//	states.drop           1 for a moment         its ctx         Close
//	Live.quit             1 for a moment         its ctx         Close
//	Feed.pump             1 per States channel or Subscription that has fallen behind; joined by Close
//
// All methods of [Client] are safe for concurrent use.
package zkasync
