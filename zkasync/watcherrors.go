package zkasync

import "github.com/zkasync/zkasync-go/zkasync/internal/wire"

// What can be asked of errors about watches.
var (
	// ErrWatchRemoved: the watch was given up, by [Client.Unwatch], [Client.RemoveWatches] or a Close.
	ErrWatchRemoved error = &sentinel{text: "watch removed"}
	// ErrNoWatcher: there is no watch to be removed.
	ErrNoWatcher error = &sentinel{text: "no such watch"}
	// ErrSlowReader: events came faster than the reader of a [Subscription] took them.
	ErrSlowReader error = &sentinel{text: "reader too slow for the events"}
	// ErrUnimplemented: the servers do not know the operation. Persistent watches need ZooKeeper 3.6, removing watches 3.5.
	ErrUnimplemented error = &sentinel{text: "not known to the server"}
)

// opWatch is what errors call a watch that ended.
const opWatch = "watch"

func watchEnded(path string, err error) error { return &OpError{Op: opWatch, Path: path, Err: err} }

// Codes of the server that say more about watches than others.
const (
	codeUnimplemented = -6 // the server closes the connection behind it (UnimplementedRequestProcessor)
	codeNoWatcher     = -121
)

// watchRejection is the error for a server's code about a watch.
func watchRejection(op wire.OpCode, path string, code int32) *OpError {
	e := rejection(op.String(), path, code)
	switch code {
	case codeUnimplemented:
		e.Err = ErrUnimplemented
	case codeNoWatcher:
		e.Err = ErrNoWatcher
	}
	return e
}
