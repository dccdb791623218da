// Package zkproxy stands between a client and a ZooKeeper server and breaks what
// passes, as a test wishes.
//
//	p := zkproxy.Run(t, server.Addr())
//	client := connect(p.Addr())
//	p.Drop(zkproxy.ToServer, true)                // half-open: bytes vanish
//	cut := p.CutAfter(zkproxy.ToClient, 3, 17)    // 3 frames, 17 bytes, the end
//	p.Heal()
//
// The proxy reads ZooKeeper's frames: a length of four bytes, then that many
// bytes. A frame is passed on once it is complete. A stream that is none of
// that, such as TLS or a four-letter command, is passed on as it comes and has no
// frames to count or rewrite.
//
// What a fault does, it does to all connections, open ones included, from the
// call on. Both directions have their own faults, and several apply at once.
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
