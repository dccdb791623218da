// Package serve serves the clients of servers: it takes their connections, reads their requests, has the history decide and
// the data answer, and sends what comes of it. Faults strike here.
//
// What begins with a capital letter is used with the lock of the [Cluster] held, unless it says otherwise.
package serve
