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
// Instance id of service name is at base/name/id. A [Dynamic] instance is ephemeral; recipe.KeepNode keeps it there, whatever
// happens to its session, to the znode, or to its parents. A [Static] or [Permanent] instance is persistent: it stays until
// somebody unregisters it. A [DynamicSequential] instance is ephemeral, with a number after the id.
//
// The fields, their order and the bytes are those that Curator's JsonInstanceSerializer writes by default, except that "enabled"
// is written only when it is false. When reading, unknown fields are ignored, and missing fields have Curator's defaults.
//
// # What others write
//
// A znode that is not an instance, or may not be read, is left out and reported, see [Service.Skipped]: it never hides
// the others.
//
// # Goroutines
//
// There are none. Package recipe says where callbacks and other functions run.
package discovery
