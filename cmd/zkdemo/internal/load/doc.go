// Package load measures gets, sets and creates through zkasync's futures and, for comparison, through go-zookeeper's
// blocking calls from as many goroutines as there are requests in flight.
//
// Both are closed loops: a request is sent when an earlier one has been answered, so that the same number of requests is
// always in flight. A latency is the time from the submission to the answer, so it includes the time in queues.
//
//	goroutine             started by          joined by
//	Blocking.work         Blocking.run        Blocking.run
//	Blocking.drainEvents  OpenBlocking        Blocking.Close
package load
