package wire

import (
	"fmt"

	"github.com/go-zookeeper/zk"
)

// ServerError is a server's code for which go-zookeeper has no error of its own.
// Values compare by code, so errors.Is(err, ServerError{Code: -6}) works.
type ServerError struct {
	Code int32 // as in KeeperException.Code
}

// Error implements error.
func (e ServerError) Error() string {
	name, ok := codeNames[e.Code]
	if !ok {
		name = "unknown code"
	}
	return fmt.Sprintf("server error %d (%s)", e.Code, name)
}

// ErrorOf returns the error of a server's code: nil for zero, go-zookeeper's
// error where it has one, a ServerError for all others.
func ErrorOf(code int32) error {
	if code == 0 {
		return nil
	}
	if err, ok := sentinels[code]; ok {
		return err
	}
	return ServerError{Code: code}
}

// sentinels are the codes that go-zookeeper's Conn reports as these errors. Code
// that was written for it and uses errors.Is goes on working.
var sentinels = map[int32]error{
	-8:   zk.ErrBadArguments,
	-100: zk.ErrAPIError,
	-101: zk.ErrNoNode,
	-102: zk.ErrNoAuth,
	-103: zk.ErrBadVersion,
	-108: zk.ErrNoChildrenForEphemerals,
	-110: zk.ErrNodeExists,
	-111: zk.ErrNotEmpty,
	-112: zk.ErrSessionExpired,
	-114: zk.ErrInvalidACL,
	-115: zk.ErrAuthFailed,
	-116: zk.ErrClosing,
	-117: zk.ErrNothing,
	-118: zk.ErrSessionMoved,
	-123: zk.ErrReconfigDisabled,
}

// The codes that this module refers to by name.
const (
	CodeOK                      int32 = 0
	CodeInconsistency           int32 = -2 // for an operation of a transaction that was not tried because an earlier one had failed
	CodeMarshalling             int32 = -5
	CodeUnimplemented           int32 = -6 // the server then closes the connection (UnimplementedRequestProcessor)
	CodeOperationTimeout        int32 = -7
	CodeBadArguments            int32 = -8
	CodeUnknownSession          int32 = -12
	CodeNewConfigNoQuorum       int32 = -13
	CodeReconfigInProgress      int32 = -14
	CodeNoNode                  int32 = -101
	CodeNoAuth                  int32 = -102
	CodeBadVersion              int32 = -103
	CodeEphemeralParent         int32 = -108
	CodeNodeExists              int32 = -110
	CodeNotEmpty                int32 = -111
	CodeSessionExpired          int32 = -112
	CodeInvalidACL              int32 = -114
	CodeAuthFailed              int32 = -115
	CodeSessionMoved            int32 = -118
	CodeNotReadOnly             int32 = -119
	CodeEphemeralOnLocalSession int32 = -120
	CodeNoWatcher               int32 = -121
	CodeRequestTimeout          int32 = -122
	CodeReconfigDisabled        int32 = -123
	CodeSASLRequired            int32 = -124
	CodeQuotaExceeded           int32 = -125
	// CodeThrottled asks the client to repeat the request: "operation was throttled and not executed at all, please
	// retry" (KeeperException.ThrottledOpException, ZOOKEEPER-3243).
	CodeThrottled int32 = -127
)

// codeNames are the names of the other codes in KeeperException.Code and in the C
// client's zookeeper.h (-9 is only in the latter).
var codeNames = map[int32]string{
	-1:   "system error",
	-2:   "runtime inconsistency",
	-3:   "data inconsistency",
	-4:   "connection loss",
	-5:   "marshalling error",
	-6:   "unimplemented",
	-7:   "operation timeout",
	-9:   "invalid state",
	-12:  "unknown session",
	-13:  "new config has no quorum",
	-14:  "reconfig in progress",
	-113: "invalid callback",
	-119: "not read-only",
	-120: "ephemeral on local session",
	-121: "no watcher",
	-122: "request timeout",
	-124: "session closed: sasl authentication required",
	-125: "quota exceeded",
	-127: "throttled",
}
