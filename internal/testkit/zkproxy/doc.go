// Package zkproxy provides a proxy between a client and a ZooKeeper server, with
// which a test breaks connections.
//
//	p := zkproxy.Run(t, server.Addr())
//	client := connect(p.Addr())
//	p.Drop(zkproxy.ToServer, true)                // half-open: bytes vanish
//	cut := p.CutAfter(zkproxy.ToClient, 3, 17)    // end after 3 frames and 17 bytes
//	p.Heal()
//
// The proxy reads ZooKeeper's frames: a length of four bytes, then that many
// bytes. A frame is passed on once it is complete. A stream without such frames,
// such as TLS or a four-letter command, is passed on as it arrives; nothing of it
// can be counted or rewritten.
//
// A fault applies to all connections, open ones included, from the call on. Each
// direction has its own faults, and several may apply at the same time.
//
// # Goroutines
//
//	(*Proxy).accept   one per proxy
//	(*link).run       one per connection; dials, then joins the four below
//	(*pipe).read      one per connection and direction
//	(*pipe).write     one per connection and direction
//
// Close ends and joins them all.
package zkproxy
