// Package load measures gets, sets and creates through zkasync's futures and, for comparison, through go-zookeeper's
// blocking calls made from as many goroutines as there are requests in flight.
//
// Both are closed loops: a request is sent when an earlier one has been answered, so that exactly depth of them are in
// flight. A latency counts from the submission to the answer's callback, the time in the queue included.
//
//	goroutine             started by          joined by
//	Blocking.work   Blocking.Run  Blocking.Run
//	drainEvents           OpenBlocking        Blocking.Close
package load
