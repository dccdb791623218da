// Command zkdemo shows what zkasync does, and is a small ZooKeeper client of its own: it lists, reads, writes and watches
// znodes, copies directories into ZooKeeper and back, and measures a server.
//
//	zkdemo tour --local     a tour of asynchronous ZooKeeper on a server of its own
//	zkdemo tree /           what a server holds
//	zkdemo help             everything else
//
// Each command has a file of its own; what takes more than that is in a folder below internal:
//
//	internal/znode      names and paths
//	internal/pipeline   a window of requests in flight
//	internal/screen     terminals, colours, sizes and times for people
//	internal/transfer   import and export
//	internal/bench      the measurements
//	internal/tour       the tour
//
// The program starts no goroutine itself; internal/bench lists its own.
package main
