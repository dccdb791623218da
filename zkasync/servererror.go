package zkasync

import (
	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// ServerError is an error code of a server's reply (Java: KeeperException.Code). Every rejection unwraps to one, so
// errors.As finds the code, even one that this package does not know. It matches go-zookeeper's error for the code:
// errors.Is(ServerError{Code: -101}, zk.ErrNoNode) holds. Values compare by code.
type ServerError struct {
	Code int32
}

// Server errors for which go-zookeeper has no error of its own. The others are matched by go-zookeeper's: zk.ErrNoNode,
// zk.ErrNoAuth, zk.ErrBadVersion, zk.ErrNodeExists, zk.ErrNotEmpty, zk.ErrNoChildrenForEphemerals, zk.ErrInvalidACL,
// zk.ErrBadArguments, zk.ErrSessionMoved, zk.ErrReconfigDisabled.
var (
	// ErrMarshalling (-5): the server could not read the request.
	ErrMarshalling error = ServerError{wire.CodeMarshalling}
	// ErrUnimplemented (-6): the server does not know the operation. Persistent watches, MultiRead, Ephemerals and
	// DescendantCount need ZooKeeper 3.6, WhoAmI 3.7, removing watches 3.5. The server closes the connection upon such a
	// request.
	ErrUnimplemented error = ServerError{wire.CodeUnimplemented}
	// ErrOperationTimeout (-7): the server gave up on the operation.
	ErrOperationTimeout error = ServerError{wire.CodeOperationTimeout}
	// ErrUnknownSession (-12): the server does not know the session.
	ErrUnknownSession error = ServerError{wire.CodeUnknownSession}
	// ErrNewConfigNoQuorum (-13): too few servers of the new configuration are connected and up to date.
	ErrNewConfigNoQuorum error = ServerError{wire.CodeNewConfigNoQuorum}
	// ErrReconfigInProgress (-14): another reconfiguration is in progress.
	ErrReconfigInProgress error = ServerError{wire.CodeReconfigInProgress}
	// ErrNotReadOnly (-119): the server has lost its quorum and accepts no writes, see [WithReadOnly].
	ErrNotReadOnly error = ServerError{wire.CodeNotReadOnly}
	// ErrEphemeralOnLocalSession (-120): a local session cannot have ephemeral znodes (ZOOKEEPER-1147).
	ErrEphemeralOnLocalSession error = ServerError{wire.CodeEphemeralOnLocalSession}
	// ErrNoWatcher (-121): there is no watch to remove.
	ErrNoWatcher error = ServerError{wire.CodeNoWatcher}
	// ErrRequestTimeout (-122): the request took too long. The Java client uses it internally; servers reserve it.
	ErrRequestTimeout error = ServerError{wire.CodeRequestTimeout}
	// ErrSASLRequired (-124): the server accepts only clients that have authenticated, by SASL or otherwise
	// (sessionRequireClientSASLAuth, enforce.auth.enabled). It ends the session.
	ErrSASLRequired error = ServerError{wire.CodeSASLRequired}
	// ErrQuotaExceeded (-125): the znode's tree has reached its quota, and the server enforces it (ZOOKEEPER-3301).
	ErrQuotaExceeded error = ServerError{wire.CodeQuotaExceeded}
	// ErrThrottled (-127): the server is overloaded and has not executed the request, which may be repeated; [WithRetry]
	// and [Retry] do so.
	ErrThrottled error = ServerError{wire.CodeThrottled}
)

// Error returns go-zookeeper's text for the code, or "server error -127 (throttled)".
func (e ServerError) Error() string { return bare(wire.ErrorOf(e.Code)) }

// Is matches go-zookeeper's error for the code, and this package's errors for an expired session and rejected
// credentials.
func (e ServerError) Is(target error) bool {
	switch target {
	case ErrSessionExpired:
		target = zk.ErrSessionExpired
	case ErrAuthFailed:
		target = zk.ErrAuthFailed
	}
	return target == wire.ErrorOf(e.Code)
}
