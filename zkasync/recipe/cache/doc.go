// Package cache keeps trees of znodes in memory, with their data, and current: what programs read all the time, they ask there without a
// request, and hear of each change with the state before and after.
//
//	tree := cache.Open(c, "/app")
//	defer tree.Close()
//	if _, err := tree.Ready().Get(ctx); err != nil { ... }
//	db, ok := tree.Get("/app/db")
//	for e, err := range tree.Events(ctx) { ... }
//
// [Open] is for a tree (Curator: CuratorCache, TreeCache; kazoo: TreeCache), [WatchChildrenData] for the children of one znode (Curator:
// PathChildrenCache).
//
// # What it promises
//
//   - Each znode goes forward: no older state comes behind a newer one, whatever reads and events have raced. Only when the
//     servers themselves were set back, as from a backup, the cache goes back with them, after it has asked the leader.
//   - Nothing is missed for good. After a lost connection, an expired session, or more events than it could take, the cache reads everything
//     again, and tells what is different; what has not changed is not told.
//   - Events come in the order of the changes, over all znodes. When one comes, Get shows it, and everything that was changed before
//     it. What is not told is each single write: of several writes of a znode in quick succession the last may be all that is seen,
//     at the place of the last. (So a child may come before its parent, if that was made and written again before it was read.)
//     Of a deletion that was made while there was no connection the place is not always known: it comes later rather than sooner.
//   - What the client may not read is there, as an [Entry] with an Err, and the rest is cached all the same. It is asked again after
//     pauses of a second at first and half a minute at last, when the server tells of a change, after each reconnect, and upon
//     [Cache.Refresh], since no server tells of changed permissions. What is below a znode that may not be read cannot be listed: it is
//     cached when the server tells of it.
//   - Memory is bounded: a tree that is too large ends the cache with a [*LimitError]. Readers of events may be as slow as they like.
//
// A cache is behind by the time that a change takes to be told and read. [Cache.Current] says whether it follows at all;
// [Cache.Sync] waits until it has all that was written before. A decision that must not be made on old data belongs into a
// transaction that checks the version, as that of recipe.Update.
//
// Changes of permissions are not changes here, nor is a stat that changes without the data.
//
// # Servers before 3.6
//
// They know no watch of a tree. Then each znode has two one-shot watches, and each read sets them again: twice the requests at
// first, and twice the watches of znodes at the servers. The order of events holds for each znode there, not over several.
//
// # Goroutines
//
//	goroutine              how many                    started by          joined by
//	loop.run               1 per Cache                 Open                Cache.Close
//	Subscription.pump      1 with Events               Events              Subscription.Close, Cache.Close
//	ChildrenData.run       1 per ChildrenData          WatchChildrenData   ChildrenData.Close
//
// They end with the client as well. No callback of yours runs on them but the filter, and none holds them up.
package cache
