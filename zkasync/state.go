package zkasync

// State is where the client stands with its session.
type State int32

const (
	// StateClosed: not started, or stopped.
	StateClosed State = iota
	// StateConnecting: started, no session yet.
	StateConnecting
	// StateConnected: the session is alive, credentials and watches are restored, operations flow.
	StateConnected
	// StateSuspended: the connection is lost, the session may be alive. What is submitted waits.
	StateSuspended
	// StateLost: the session is over, because the server said so or because by the local clock it can no longer be alive.
	// In the second case the server may still know it, then Connected follows with the same session id. Who holds a
	// lock or leads must stop now.
	StateLost
	// StateAuthFailed: the server did not accept the credentials, or demands some that the client does not have. Everything
	// fails until the client is restarted.
	StateAuthFailed
)

// String returns the state's name.
func (s State) String() string {
	switch s {
	case StateClosed:
		return "Closed"
	case StateConnecting:
		return "Connecting"
	case StateConnected:
		return "Connected"
	case StateSuspended:
		return "Suspended"
	case StateLost:
		return "Lost"
	case StateAuthFailed:
		return "AuthFailed"
	default:
		return "State(invalid)"
	}
}

// StateChange is a transition.
type StateChange struct {
	State State // the new state
	// SessionID is the session's id, 0 if there has been none. On Connected another id than before means another
	// session: ephemeral znodes and watches of the old one are gone.
	SessionID int64
	// ReadOnly says that the server has lost its quorum and takes no writes, see WithReadOnly. SessionID is then a
	// temporary one that holds nothing; the session proper, if it is alive, comes back with the quorum. Who holds a lock
	// must treat it as Suspended.
	ReadOnly bool
	// Err says why, if there is a reason to give.
	Err error
}
