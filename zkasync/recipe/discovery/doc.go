// Package discovery lets services find each other: each of their instances is a znode with its address and further
// properties, in the JSON of Curator's service discovery (curator-x-discovery). Processes that use Curator and processes
// that use this package see each other on the same path.
//
//	web := discovery.New(c, "/services")
//	me := web.Register(discovery.Instance{Name: "web", Address: "10.0.0.1", Port: 80})
//	defer me.Unregister()
//
//	backends := web.Provider(ctx, "db")
//	defer backends.Close()
//	db, err := backends.Await(ctx).Get(ctx)
//
// # Znodes
//
// Instance id of service name is at base/name/id. One that is [Dynamic] is ephemeral and kept there by recipe.KeepNode, whatever
// happens to its session, to the znode, or to its parents. One that is [Static] or [Permanent] is persistent: it stays until
// somebody unregisters it. One that is [DynamicSequential] is ephemeral, with a number behind the id.
//
// The fields, their order and the bytes are Curator's, as its JsonInstanceSerializer writes them by default; "enabled" is written only
// when it is false. Reading, unknown fields do no harm, and what is missing has Curator's defaults.
//
// # What others write
//
// A znode that is not an instance, or may not be read, is left out and reported, see [Service.Skipped]: it never hides
// the others.
//
// # Goroutines
//
// There are none. For where functions run see package recipe.
package discovery
