// Package cache keeps trees of znodes, with their data, in memory and up to date: programs read them without a request,
// and learn of each change with the state before and after.
//
//	tree := cache.Open(c, "/app")
//	defer tree.Close()
//	if _, err := tree.Ready().Get(ctx); err != nil { ... }
//	db, ok := tree.Get("/app/db")
//	for e, err := range tree.Events(ctx) { ... }
//
// [Open] is for a tree (Curator: CuratorCache, TreeCache; kazoo: TreeCache), and [WatchChildrenData] for the children of one
// znode (Curator: PathChildrenCache).
//
// # What it promises
//
//   - The state of a znode only moves forward: no older state comes after a newer one, however reads and events have
//     raced. Only if the servers themselves were set back, for example to a backup, does the cache follow them, after it has
//     asked the leader.
//   - No change is missed for good. After a lost connection, an expired session, or more events than it could take, the
//     cache reads everything again and reports what is different, and only that.
//   - Events come in the order of the changes, across all znodes. When one arrives, Get shows it and every change before
//     it. Not every single write is reported: of several writes to a znode in quick succession only the last may be seen, at
//     the place of the last. (So a child may come before its parent, if the parent was created and written again before it
//     was read.) The place of a deletion during an outage is not always known: it then comes later rather than sooner.
//   - A znode that the client may not read is present as an [Entry] with an Err, and the rest is cached all the same. It
//     is read again after pauses that grow from a second to half a minute, when the server reports a change, after each
//     reconnect, and upon [Cache.Refresh], since no server reports changed permissions. The children of such a znode cannot
//     be listed: they are cached when the server reports them.
//   - Memory is bounded: a tree that is too large ends the cache with a [*LimitError]. Readers of events may be as slow as
//     they like.
//
// A cache lags behind the servers by the time that it takes to learn of a change and to read it. [Cache.Current] says
// whether it is following them at all; [Cache.Sync] waits until it has everything that was written before. Make
// decisions that must not rest on old data in a transaction that checks the version, as recipe.Update does.
//
// Changes of permissions are not reported, nor are changes of the stat without a change of the data.
//
// # Servers before 3.6
//
// These servers have no recursive watches. The cache then uses two one-shot watches for each znode, which each read sets
// again: twice the requests for the first load, and two watches per znode at the servers. The order of events then holds
// for each znode, but not across znodes.
//
// # Goroutines
//
//	goroutine              how many                    started by          joined by
//	loop.run               1 per Cache                 Open                Cache.Close
//	Subscription.pump      1 with Events               Events              Subscription.Close, Cache.Close
//	ChildrenData.run       1 per ChildrenData          WatchChildrenData   ChildrenData.Close
//
// They end with the client as well. Of your functions only the filter runs on them, and no callback delays them.
package cache
