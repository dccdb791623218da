// Package serve serves the clients of the servers in a cluster. It accepts their connections, reads their requests, lets the history
// decide writes and package answer read the data, and sends the answers. Faults strike here.
//
// Unless an exported function or method says otherwise, its caller must hold the lock of the [Cluster].
package serve
