// Package zkotel gives traces and metrics of a zkasync client to OpenTelemetry. It is a module of its own, so that programs
// without OpenTelemetry do not depend on it. It needs Go 1.26.
//
//   - [NewTracer] returns a hook for zkasync.WithHooks that makes a span of each operation and, if asked to, of each request.
//   - [NewMeter] returns a hook that measures: how many operations, how long they take, how they fail, connections, states,
//     watches, callbacks that take long.
//   - [Observe] reports what the client's Stats tell, when metrics are read: what is queued and in flight, watches, bytes.
//
// Each can be used without the others:
//
//	meter, err := zkotel.NewMeter()
//	...
//	client, err := zkasync.Connect(ctx, servers, zkasync.WithHooks(zkotel.NewTracer(), meter))
//	...
//	registration, err := zkotel.Observe(client)
//
// # Names
//
// The semantic conventions have no names of ZooKeeper's own. Where they have one that fits it is used: db.system.name (which
// is "zookeeper"), server.address, server.port, error.type. The others begin with "zookeeper.": zookeeper.op is the operation, such as "get", and the
// span's name. zookeeper.path is set on spans only with [WithPaths], since paths are many and may tell what is
// private; metrics never have it.
//
// A span of an operation is of kind Client. It begins with the call and ends when the future is complete; its context's span
// is its parent. These attributes say where the time went: zookeeper.queued and zookeeper.wire, in seconds, and
// zookeeper.requests, how many requests were sent. What a server refuses, such as NoNode, is the span's error as any other
// failure is. The page docs/observability.md of the library lists the metrics.
package zkotel
