package zkasync

// What can be asked of errors about watches.
var (
	// ErrWatchRemoved: the watch was given up, by [Client.Unwatch], [Client.RemoveWatches] or a Close.
	ErrWatchRemoved error = &sentinel{text: "watch removed"}
	// ErrSlowReader: events came faster than the reader of a [Subscription] took them.
	ErrSlowReader error = &sentinel{text: "reader too slow for the events"}
)

// opWatch is what errors call a watch that ended.
const opWatch = "watch"

func watchEnded(path string, err error) error { return &OpError{Op: opWatch, Path: path, Err: err} }
