package zkasync

import "context"

// SessionContext returns a context that ends when the session that is alive now can no longer be relied on: with the state
// [StateLost], by the local clock before the servers can end it, with [StateClosed] and [StateAuthFailed], and when ctx ends.
// Its cause is a [*SessionEndError] then. Without a session it has ended already. It does not come back to life when a session
// that was given up turns out to live.
//
// The local clock counts from when the latest request was sent that a server has answered: nothing else shows that servers have heard of
// the session. So it may end while there is a connection, over which what servers send arrives, and what they are sent does not.
//
// It is for work that must stop when ephemeral znodes of this client may be gone. It ends at the moment of the change, not in its
// turn among callbacks, so that no callback can hold it up; what runs may go on for as long as its computer does not let
// it look, see the documentation of package recipe. Cancel releases what the context holds.
func (c *Client) SessionContext(ctx context.Context) (context.Context, context.CancelFunc) {
	return c.states.scope(ctx, StateSuspended)
}

// ConnectedContext is SessionContext for work that must stop as soon as the connection is lost ([StateSuspended]): at
// a time when nobody can know whether it will come back before the session ends.
func (c *Client) ConnectedContext(ctx context.Context) (context.Context, context.CancelFunc) {
	return c.states.scope(ctx, StateConnected)
}
