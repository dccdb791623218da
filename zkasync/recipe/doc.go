// Package recipe provides what programs use ZooKeeper for: locks, leader election, registration and groups, queues, and
// atomic updates. It is built on the public API of package zkasync, uses the same znodes as Apache Curator and Python's
// kazoo, and needs no goroutine for a waiter.
//
// # A lock is a lease
//
// A [Held] stands for a lock, or a lead, that is held. Its Context ends, with a cause, as soon as it is no longer
// certain that nobody else holds it: when the connection is lost or, with [UntilLost], a session timeout after a server
// was last heard from by the local clock, which is before the servers can give it to anybody else; when its znode is
// deleted by anyone; and upon Unlock.
//
//	held, err := recipe.NewMutex(c, "/locks/a").Lock(ctx).Get(ctx)
//	if err != nil {
//		return err
//	}
//	defer held.Unlock()
//	work(held.Context())
//
// # The paused process
//
// A context cannot stop code that does not look at it. A process that is paused (by the garbage collector, a hypervisor,
// a laptop's lid) between checking its context and a write may write long after the lock has passed to somebody else:
//
//	A  lock, fence 17 ── look: still mine ── paused ······················· write ✗
//	B                                          lock, fence 23 ── write ✓
//	   ─────────────── session timeout ──────▶│ A's znode is gone
//
// There are two ways to exclude that. [Held.Multi] includes a check of the lock's znode, so that ZooKeeper refuses the
// writes of a former holder. For data stored elsewhere there is [Held.Fence], a number that grows with every holder: a
// store that has seen 23 refuses 17.
//
// # Who excludes whom
//
// Znodes are named as Curator names them unless [WithNaming] says otherwise. When reading, zkasync respects the
// contenders of all known namings, so it waits for kazoo and Curator whatever its own naming is. Whether they wait for
// zkasync depends on the name:
//
//	zkasync                 Curator    go-zookeeper, Rust    kazoo    kazoo, extra_lock_patterns=["lock-"]
//	Curator (the default)   safe       safe                  NOT      safe
//	Kazoo                   NOT        safe                  safe     safe
//
// kazoo and Curator with their defaults do not exclude each other on one path, and no name can change that.
//
// # Read-only servers
//
// A client created with zkasync.WithReadOnly may be connected to a server that has lost its quorum, with a temporary
// session to which no znode belongs. Everything held ends then, and recipes continue when there is a quorum again:
// whatever is to be acquired, kept, put, taken, consumed, changed or deleted waits until then. Group and Election return
// what such a server has.
//
// # What runs where
//
// Callbacks of the futures run on the client's handler, in its order. The recipes' own steps run where functions given
// to future.Then do, and never block. They continue while a callback of yours blocks, but wait while a function that you
// have given to Then blocks. In any case contexts end at the moment of the change.
package recipe
