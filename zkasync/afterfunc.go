package zkasync

import "context"

// AfterFunc is context.AfterFunc for whoever closes the client: it has fn called on a goroutine of its own when ctx has ended, and Close
// waits for that call. Once the client is stopped, fn is not called any more for a context that has not ended by then. Contexts of
// [Client.SessionContext] have ended by then, so that nothing of theirs is forgotten, and nothing of theirs runs behind Close.
//
// Stop keeps fn from being called, and reports whether it does: false says that fn has been called or will not be. A panic of fn is logged.
// For a client that is stopped already, AfterFunc is context.AfterFunc.
func (c *Client) AfterFunc(ctx context.Context, fn func()) (stop func() bool) {
	return c.pauses.watch(orBackground(ctx), fn)
}
