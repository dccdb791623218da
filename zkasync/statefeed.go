package zkasync

import (
	"context"

	"github.com/zkasync/zkasync-go/internal/feed"
)

// feedBuffer is the capacity of a channel of States.
const feedBuffer = 64

// stateFeed is one channel of States.
type stateFeed struct {
	*feed.Feed[StateChange]
	stopCtx func() bool
	dropped chan struct{} // closed when the end of its context has been handled
}

func newStateFeed() *stateFeed {
	return &stateFeed{
		Feed:    feed.Queued(feedBuffer, feed.Queue[StateChange](new(feed.FIFO[StateChange])), nil),
		dropped: make(chan struct{}),
	}
}

// end closes the channel; nobody asks why.
func (f *stateFeed) end() { f.End(context.Canceled) }
