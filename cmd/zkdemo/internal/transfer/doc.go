// Package transfer copies directory trees into ZooKeeper and back, byte for byte, with many requests in flight and in bounded
// memory.
//
// # How files become znodes
//
// A file becomes a znode without children whose data are the file's bytes. A directory becomes a znode with children. Two
// cases need reserved names:
//
//   - The znode of an empty directory has the child ".zkdemo.dir", which tells it from an empty file.
//   - A directory's znode may have data as well. Export writes them to the file ".zkdemo.data" in that directory, and Import
//     makes such a file the data of the directory's znode.
//
// The znode given to Import or Export is always a directory. Permissions, times, links and ACLs are not copied. Ephemeral
// znodes are exported like any others.
//
// # What can be relied on
//
// A znode is created with all of its data in one request, and a file is written under a temporary name and then renamed, so
// that nobody sees either half-written. A second run continues where an earlier one has ended: what exists already with the
// same bytes is left alone; what exists with other bytes is reported, or replaced with Options.Overwrite. The Report names
// everything that was begun and could not be copied.
//
// # Memory
//
// Contents of no more than Options.Bytes are held at a time (a larger file is held alone), and in addition the names in the
// directories that are being read.
package transfer
