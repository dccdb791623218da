// Package tour walks through what kazoo's documentation calls asynchronous usage, section by section, with zkasync on a
// live server. It says what it does, shows the Go call in short, and prints what came back and after what time, for
// readers who may never have seen ZooKeeper. It works below one znode of its own and deletes it at the end.
package tour
