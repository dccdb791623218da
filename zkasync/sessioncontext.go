package zkasync

import "context"

// SessionContext returns a context that ends when the current session can no longer be relied on: on the state
// [StateLost] (by the local clock before the servers can end the session), on [StateClosed] and [StateAuthFailed], and
// when ctx is done. In the first three cases its cause is a [*SessionEndError]. Without a session the context has ended
// already. It stays ended even if a session that was declared lost turns out to be alive.
//
// The local clock counts from the time when the latest request that a server has answered was sent: nothing else proves
// that a server has heard from the session. So the context may end while there is a connection, if the connection carries
// what the server sends but not what the client sends.
//
// Use it for work that must stop when ephemeral znodes of this client may be gone. It ends at the moment of the change,
// not in the sequence of callbacks, so no callback can delay it; but a process that is paused notices only when it runs
// again, see package recipe. Calling the CancelFunc releases the resources of the context.
func (c *Client) SessionContext(ctx context.Context) (context.Context, context.CancelFunc) {
	return c.states.scope(ctx, StateSuspended)
}

// ConnectedContext is SessionContext for work that must stop as soon as the connection is lost ([StateSuspended]), when
// nobody can know whether it will return before the session ends.
func (c *Client) ConnectedContext(ctx context.Context) (context.Context, context.CancelFunc) {
	return c.states.scope(ctx, StateConnected)
}
