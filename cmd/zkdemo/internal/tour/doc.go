// Package tour follows the chapter on asynchronous usage in kazoo's documentation, section by section, with zkasync on a live
// server. It says what it does, shows the Go call in short, and prints the result and the time it took, for readers who may
// not know ZooKeeper. It works below one znode of its own, which it deletes at the end.
package tour
