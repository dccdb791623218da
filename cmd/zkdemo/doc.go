// Command zkdemo shows what zkasync does, and is a small ZooKeeper client of its own: it lists, reads, writes and watches
// znodes, copies directories into ZooKeeper and back, and measures a server.
//
//	zkdemo tour --local     a tour of asynchronous ZooKeeper on a server of its own
//	zkdemo tree /           what a server holds
//	zkdemo help             everything else
//
// Each command has a file of its own; larger parts have a package below internal:
//
//	internal/znode      names and paths
//	internal/pipeline   a window of requests in flight
//	internal/screen     terminals, colours, sizes and times for people
//	internal/transfer   import and export
//	internal/load       the measurements
//	internal/tour       the tour
//
// The program itself starts one goroutine, app.command, which runs the command. app.execute joins it, except if an
// interrupted command is stuck in a read or a write that nobody answers. internal/load lists its own goroutines.
package main
