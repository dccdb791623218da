package zkasync

import (
	"github.com/zkasync/zkasync-go/future"
)

// Detach stops the client as [Client.Close] does, except that the session goes on at the servers, with its ephemeral
// znodes, until somebody takes it over with [WithSession] or its timeout ends. So a process can hand its session over to
// its successor, of which others notice nothing.
//
// What Close promises holds: queued operations are sent, those without an answer fail with what is known about them,
// watches end, callbacks run, and when it returns nil no goroutine is left. Contexts of [Client.SessionContext] end as
// well, since this client can no longer tell whether the session lives; so do locks of package recipe, whose znodes stay.
// Watches are not handed over: the successor sets its own. The Closed state has [ErrDetached] as its Err. Libraries on
// [Client.Conn] are disconnected without closing the session.
//
// If there is no session, the client stops all the same, and the error is [ErrNoSession]: so before the first connection,
// and after the servers have ended the session. While Suspended, the session is left as it is, and Stays says what is left
// of it. A client that is not started, or whose stop has begun otherwise, has [ErrClosed]; a second Detach during the first
// waits for the same end. If a callback or a dialer does not return, the error is that of Close, and the result is valid; it is
// empty if a connection that a dialer has made does not end, since it is not known then what becomes of the session. Within a
// callback, Detach only starts the stop, and the error matches handler.ErrInCallback; see [Client.DetachAsync].
func (c *Client) Detach() (Detached, error) {
	r, err := c.detach()
	if err != nil {
		return Detached{}, err
	}
	if err := c.join(r, false); err != nil {
		left, _ := r.handedOver()
		return left, err
	}
	return r.handedOver()
}

// DetachAsync is Detach that returns at once; callbacks may call it. Its future completes when the client has stopped, or fails as
// that of [Client.StopAsync] does if a callback does not return within the close timeout. The session is left then nevertheless:
// to have it in that case, take it from [Client.Session] before. The future's callbacks run after all others, as those of StopAsync do.
func (c *Client) DetachAsync() *future.Future[Detached] {
	r, err := c.detach()
	if err != nil {
		p := future.NewPromise[Detached](c.completion(""))
		p.Reject(err)
		return p.Future()
	}
	return future.Then(r.stopped.Future(), func(future.Void) (Detached, error) { return r.handedOver() })
}

func (c *Client) detach() (*run, error) {
	if err := c.refuseView(opDetach); err != nil {
		return nil, err
	}
	r := c.runs.detach()
	if r == nil {
		return nil, refusal(opDetach, "", ErrClosed)
	}
	return r, nil
}

const opDetach = "detach"

// handedOver returns what a stop by Detach has left.
func (r *run) handedOver() (Detached, error) {
	left := r.leaves.Load()
	if left == nil {
		return Detached{}, refusal(opDetach, "", ErrNoSession)
	}
	return *left, nil
}
