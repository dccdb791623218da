// Package zkprom gives the metrics of a zkasync client to Prometheus. It is a module of its own, so that programs without
// Prometheus do not depend on it. It needs Go 1.26.
//
// There are two parts, each of which can be used without the other:
//
//   - [NewHook] returns a hook for zkasync.WithHooks. It measures: how many operations and requests, how long they take, how
//     they fail, connections, states, watches, and callbacks that take long.
//   - [NewCollector] reads the client's Stats when Prometheus asks: what is queued and in flight, watches, bytes, expiries.
//     It costs operations nothing.
//
// Both are prometheus.Collectors, to be registered:
//
//	hook, err := zkprom.NewHook()
//	...
//	client, err := zkasync.Connect(ctx, servers, zkasync.WithHooks(hook))
//	...
//	stats, err := zkprom.NewCollector(client)
//	...
//	prometheus.MustRegister(hook, stats)
//
// A process with several clients tells them apart by [WithLabels].
//
// All names begin with zookeeper_client_. Operations are labelled with their names, such as "get", and not with paths, since
// these are many; [WithPath] adds a label that a function makes of the path. [Dashboard] is a dashboard for Grafana of all
// of them. The page docs/observability.md of the library says what each one means, and which to alert on.
package zkprom
