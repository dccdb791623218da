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
// with one exception: servers answer AddAuth ahead of requests that they are still processing. Callbacks, watch events
// and state changes are delivered one at a time, in the order in which the server sent the replies and events that cause
// them; see package handler for alternatives. A callback may block, wait for futures, call any method and stop the
// client with StopAsync. Composite operations ([Client.EnsurePath], [Client.DeleteAll], [Client.Create] with MakeParents
// or Protected) are ordered step by step.
//
// # Failure
//
// An error says exactly what is known about a failed operation: the server rejected it (errors.Is(err, zk.ErrNoNode) and
// so on), it was not sent ([ErrNotSent]: safe to repeat), or its outcome is unknown ([ErrOutcomeUnknown]: it may have
// been applied). Errors are of type [*OpError] and name the operation and the path.
//
// When the connection is lost, every operation in flight (outcome unknown) and every queued one (not sent) fails in the
// order of submission; then the state becomes [StateSuspended]. Operations submitted after that wait for the next
// connection, and fail with the error of their context if it ends first. Credentials and watches are restored before any
// of them is sent. With [WithRetry] the client does not fail operations that are safe to repeat, but repeats them;
// [Retry] does so for a single operation.
//
// # Watches
//
// [Client.GetW], [Client.ExistsW] and [Client.ChildrenW] leave a one-shot watch, whose event is a future.
// [Client.AddWatch] watches until it is closed, and [Client.WatchData] and [Client.WatchChildren] keep a value current.
// All of them are restored after a reconnect. When the session ends, one-shot watches fail with [ErrSessionExpired]; the
// others continue in the next session. All end with [ErrAuthFailed] when the server rejects the client's credentials,
// and with [ErrClosed] when the client is closed. No watch fires twice for one change.
//
// A one-shot watch misses no change that the client is permitted to read. Servers since 3.8.4 and 3.9.2 do not report
// other changes, yet still use up the watch for them: where permissions change, use WatchData, WatchChildren or
// AddWatch, which see the next readable change.
//
// # Session
//
// The state becomes [StateLost] when the server says that the session has ended, or when, by the local clock, it can no
// longer be alive. In the second case nothing else fails, and if it turns out that the server still knows the session,
// [StateConnected] follows with the same session id. After a session has expired, the client starts a new one by itself.
//
// # Contexts
//
// The context of an operation decides whether it may still be sent. Once the operation is in flight, its future reports
// the server's answer whatever happens to the context; waiting for the future takes its own context. A nil context
// means context.Background().
//
// # Functions of yours
//
// The client never calls them on a goroutine that it needs for anything else: a function that blocks, panics or calls
// runtime.Goexit (as t.FailNow does) delays no heartbeat, no reply and no state change.
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
//	WithDialer, WithResolver,         one for each call                  till its context    that attempt fails
//	WithSRVResolver                                                      ends
//	callbacks of WithTLS: Verify...,  one for each call                  the handshake       the handshake fails
//	GetClientCertificate                                                 waits
//	net.Conn that a dialer made       the connection's                   like any network    panic: connection loss
//	WithLogger                        one of its own                     yes; 1000 lines     that line is lost
//	                                                                     wait, then dropped
//	context.Context of your own       the connection's writer            no                  connection loss
//	methods of a handler of your own  the delivery goroutine             yes                 logged
//
// A function may wait for any operation of any client, except for one that can complete only after the function itself
// has returned: there [future.Future.Get] fails at once with [future.ErrWouldDeadlock], and Close and Restart with
// handler.ErrInCallback. Waiting by other means, such as <-f.Done(), cannot be detected. It delays the functions and
// callbacks behind it, and nothing else. Where one request depends on the result of another, FlatMap chains them without
// blocking anything:
//
//	name := c.Get(ctx, "/current")
//	node := future.FlatMap(name, func(n zkasync.Node) *future.Future[zkasync.Node] { return c.Get(ctx, string(n.Data)) })
//
// A state change is delivered in the sequence of callbacks. If a function given to Then is in front of it and does not
// return, it waits for at most a tenth of the session timeout (and never longer than a second), and then overtakes it.
// State and the channel of States show the change at once. A callback that does not return delays OnState, so code that
// must learn of Lost in time should read States.
//
// If Close gives up waiting for a function, it returns an error that names the function with its file and line.
//
// Tasks queued behind a callback that does not return take memory without bound, about 100 bytes for each event of
// OnEvent. After 5 seconds this is logged at level Warn, once for each such callback, with its name and the number of
// queued tasks. The channels of subscriptions are bounded, see [CoalesceEvents] and [BufferEvents].
//
// # Goroutines
//
// All of these are gone when Close returns.
//
//	goroutine             how many               started by      joined by
//	go-zookeeper's        3 and a few moments    StartAsync      Run.follow (its event channel closes)
//	Run.follow            1 per run              StartAsync      Close
//	mux.Conn's            2 per connection       the handshake   the connection's end, Close
//	attempt.run           up to 16               the dialer      Run.follow; one for each server that is being tried
//	its socket's cutoff   1 for a moment         its ctx         attempt.run
//	Resolver.run          1 per name             the dialer      Run.follow; while the name is looked up
//	Resolver.runService   1 per service          the dialer      Run.follow; while its records are looked up
//	ensembleTracker's     1 with its option      StartAsync      Close
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
