package zkasync

// Errors of watches, to be matched with errors.Is.
var (
	// ErrWatchRemoved: the watch was removed, by [Client.Unwatch], [Client.RemoveWatches] or a Close.
	ErrWatchRemoved error = &sentinel{text: "watch removed"}
	// ErrSlowReader: events arrived faster than the reader of a [Subscription] received them.
	ErrSlowReader error = &sentinel{text: "reader too slow for the events"}
)

// opWatch is the name of an ended watch in errors.
const opWatch = "watch"

func watchEnded(path string, err error) error { return &OpError{Op: opWatch, Path: path, Err: err} }
