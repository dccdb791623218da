// Package recipe has what programs use ZooKeeper for: locks, leaders, registration and groups, queues, and changes
// that survive their competitors. It works on the public API of package zkasync, speaks the same znodes as Apache Curator
// and Python's kazoo, and takes no goroutine for those who wait.
//
// # A lock is a lease
//
// Whoever holds a lock, or leads, has a [Held]. Its Context ends, with a cause, when it can no longer be guaranteed that
// nobody else has it: when the connection is lost, or, with [UntilLost], a session timeout after the last sign of a server by the
// local clock, which is before the servers give it to anybody else; when its znode was deleted, whoever did that; and by Unlock.
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
// A context cannot stop what does not look at it. A process that is paused (by the garbage collector, a hypervisor, a laptop's
// lid) between a look at its context and a write may write when the lock has long been somebody else's:
//
//	A  lock, fence 17 ── look: still mine ── paused ······················· write ✗
//	B                                          lock, fence 23 ── write ✓
//	   ─────────────── session timeout ──────▶│ A's znode is gone
//
// Two things exclude that. [Held.Multi] carries a check of the lock's znode, so that ZooKeeper refuses the writes of a
// former holder. For what is stored elsewhere there is [Held.Fence], a number that grows with every holder: a store that has
// seen 23 refuses 17.
//
// # Who excludes whom
//
// Znodes are named as Curator names them unless [WithNaming] says otherwise. Reading, the contenders of all known namings
// count, so that zkasync waits for kazoo and Curator whatever its own naming is. Whether they wait for zkasync depends on the name:
//
//	zkasync                 Curator    go-zookeeper, Rust    kazoo    kazoo, extra_lock_patterns=["lock-"]
//	Curator (the default)   safe       safe                  NOT      safe
//	Kazoo                   NOT        safe                  safe     safe
//
// kazoo as it comes and Curator as it comes do not exclude each other on one path, and no name can make them.
//
// # Read-only servers
//
// A client made with zkasync.WithReadOnly may be on a server that has lost its quorum, with a temporary session to which no znode
// belongs. Whatever is held ends then, and recipes go on when there is a quorum again: what is to be acquired, kept, put, taken, consumed,
// changed or deleted waits until then. Group and Election tell what such a server has.
//
// # What runs where
//
// Callbacks of the futures run on the client's handler, in its order. The recipes' own steps run where functions given to
// future.Then do, and never block. They go on while a callback of yours blocks; while a function of yours that was given to Then blocks they
// wait. Contexts end at the moment of the change in any case.
package recipe
