// Command bench measures the client together with go-zookeeper and the bare socket, in one run on one machine.
//
// "make bench" runs it; docs/performance.md says what the figures mean.
//
// At each point of the plan, all clients do the same work, one after the other. All points make a round. There are several rounds,
// so that whatever else happens on the machine affects all clients. A client connects anew for each measurement and warms up
// before it. A measurement begins and ends when nothing is in flight, so the ramp-up and the drain are part of it.
//
// Goroutines, besides those of the clients:
//
//	goroutine           how many             started by   ends                    joined by
//	drive               1 per submitter      fanOut       with the time           fanOut
//	a blocking call     1 per operation      spawn        with the answer         spawn
//	blocking.worker     1 per worker         newBlocking  with the queue          blocking.close
//	bare.write          1 per run            bare.run     with the time           bare.run
package main
