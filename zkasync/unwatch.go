package zkasync

import (
	"github.com/zkasync/zkasync-go/future"
)

// Unwatch gives up a one-shot watch: event, from a [Watched], fails at once with [ErrWatchRemoved], and the client
// forgets it. It returns false and does nothing if event has completed or does not belong to a watch of this client.
//
// The server is not told, since it holds one watch per connection, path and kind, which others may share, including
// libraries on Conn(). Its watch fires once without effect, or ends with the connection. [Client.RemoveWatches] tells
// the server.
func (c *Client) Unwatch(event *future.Future[Event]) bool { return c.watches.GiveUp(event) }
