package zkasync

import (
	"github.com/zkasync/zkasync-go/future"
)

// Unwatch gives up a one-shot watch that is no longer wanted: event, from a [Watched], fails at once with
// [ErrWatchRemoved], and the client keeps nothing of it. It returns false, and does nothing, if event has completed or is
// no watch of this client.
//
// The server is not told: it knows one watch per connection, path and kind, which others may share, libraries on Conn()
// among them. Its watch fires once into nothing, or ends with the connection. [Client.RemoveWatches] tells the server.
func (c *Client) Unwatch(event *future.Future[Event]) bool { return c.watches.GiveUp(event) }
