// Command bench measures the client, beside go-zookeeper and the bare socket, in one run on one machine.
//
// It stands here and not above because the replay server of zkpeer is visible from here only. "make bench" runs it;
// docs/performance.md says what the figures mean.
//
// All clients do the same work at a point of the plan, one after the other, and that for each point; this is a round, and
// there are several, so that whatever else happens on the machine meets all of them. A client connects anew for each
// measurement and warms up before it. What is counted lies between two moments when nothing is in flight: the ramp up and
// the drain are part of it.
//
// Goroutines, beside those of the clients:
//
//	goroutine           how many             started by   ends                    joined by
//	drive               1 per submitter      fanOut       with the time           fanOut
//	a blocking call     1 per operation      spawn        with the answer         spawn
//	blocking.worker     1 per worker         newBlocking  with the queue          blocking.close
//	bare.write          1 per run            bare.run     with the time           bare.run
package main
