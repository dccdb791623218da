// Package transfer copies a directory tree into ZooKeeper and back, exact to the byte, with many requests in flight and
// bounded memory.
//
// # How files become znodes
//
// A file is a znode without children that holds the file's bytes. A directory is a znode with children. Two cases need
// more than that, and have reserved names:
//
//   - An empty directory has the child ".zkdemo.dir", which is what tells it from an empty file.
//   - A directory's znode may hold data as well. On export they become the file ".zkdemo.data" in that directory, and
//     such a file becomes the directory's data on import.
//
// The znode that is named to Import or Export is always a directory. Permissions, times, links and ACLs are not copied;
// an ephemeral znode is exported as a file like any other.
//
// # What can be counted on
//
// A znode is created with all of its data in one request, and a file is written under a temporary name and renamed, so
// that neither is ever seen half-written. A second run goes on where an earlier one ended: what is there already with the
// same bytes is left alone, and what is there with other bytes is reported, or replaced if so asked. Whatever could not
// be copied is named in the Report, one way or the other.
//
// # Memory
//
// No more than Options.Bytes of contents are held at a time (a single larger file is held alone), and the names of the
// directories that are being worked on.
package transfer
