package zkasync

// State is the state of a client's session and connection.
type State int32

const (
	// StateClosed: not started, or stopped.
	StateClosed State = iota
	// StateConnecting: started, no session yet.
	StateConnecting
	// StateConnected: the session is alive, credentials and watches have been restored, operations flow.
	StateConnected
	// StateSuspended: the connection is lost, the session may be alive. Submitted operations wait.
	StateSuspended
	// StateLost: the session is over, because the server said so or because by the local clock it can no longer be alive.
	// In the second case the server may still know it; then Connected follows with the same session id. A client that holds a
	// lock or leads must stop now.
	StateLost
	// StateAuthFailed: the server rejected the credentials, or requires some that the client does not have. All operations
	// fail until the client is restarted.
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

// StateChange is a change of the state.
type StateChange struct {
	State State // the new state
	// SessionID is the session's id, 0 if there has been none. A different id on Connected means a new session: ephemeral
	// znodes and watches of the old one are gone.
	SessionID int64
	// ReadOnly says that the server has lost its quorum and accepts no writes, see WithReadOnly. SessionID is then that of
	// a temporary session that owns nothing; the real session, if it is alive, returns with the quorum. A client that holds
	// a lock must treat this like Suspended.
	ReadOnly bool
	// Err is the reason, if there is one.
	Err error
}
