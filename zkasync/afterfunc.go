package zkasync

import "context"

// AfterFunc is context.AfterFunc with a call that Close waits for: it calls fn on a goroutine of its own after ctx is
// done. Once the client has stopped, fn is no longer called for a context that was not done by then. Contexts of
// [Client.SessionContext] are done by then, so their functions are always called, and never after Close has returned.
//
// Calling stop keeps fn from being called and reports whether it did: false means that fn has been called already or
// never will be. A panic in fn is logged. On a client that has stopped already, AfterFunc is context.AfterFunc.
func (c *Client) AfterFunc(ctx context.Context, fn func()) (stop func() bool) {
	return c.pauses.watch(orBackground(ctx), fn)
}
