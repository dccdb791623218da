// Package mux multiplexes one ZooKeeper connection between go-zookeeper, which keeps the session, and the client's own
// pipelined requests.
//
// A [Mux] outlives connections. It holds one queue of accepted requests; submitting is a push onto it under one lock, so
// the order on the wire is the order of submission by construction. A [Conn] is the net.Conn that go-zookeeper is given:
// what go-zookeeper writes joins the same queue, and inside its Read, on its own receive goroutine, replies to our
// requests complete them; only what belongs to go-zookeeper is handed up.
//
//	Submit ──► queue ──► writer: takes, encodes, one write for all ──► server
//	                       └─► flight (written, no reply yet)            │
//	go-zookeeper ── Read ──► head of flight, watch event, ... ◄──────────┘
//
// A [Handshake] is the stage before a Conn: whoever dials may ask several servers for a session at the same time, and the
// chosen connection becomes the Conn. go-zookeeper only learns the outcome.
//
// A request is in the queue ("queued": not sent) or in flight ("in flight": its outcome is unknown until the reply).
// When a connection dies, everything in flight and then everything queued fails, in order, and only then does the
// [Observer] learn of the loss. A [Lasting] request may instead go back into the queue. What is submitted afterwards waits
// in the queue for the next connection.
//
// Goroutines:
//
//	goroutine          started by         ends                       joined by
//	Conn.writeLoop     Conn.established   when the connection dies   Conn.teardown
//	Conn.silenceLoop   Conn.established   when the connection dies   Conn.teardown
//	Conn.closeSocket   Mux.Abort          when the socket is closed  Conn.teardown
//	guarded.expire     a context's end    at once                    Mux.Wait
package mux
