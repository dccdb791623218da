package zkasync

import (
	"context"
	"errors"
)

// errorTypes are the names of servers' codes (Java: KeeperException.Code).
var errorTypes = map[int32]string{
	-1: "SystemError", -2: "RuntimeInconsistency", -3: "DataInconsistency", -4: "ConnectionLoss", -5: "MarshallingError",
	-6: "Unimplemented", -7: "OperationTimeout", -8: "BadArguments", -12: "UnknownSession", -13: "NewConfigNoQuorum",
	-14: "ReconfigInProgress", -100: "APIError", -101: "NoNode", -102: "NoAuth", -103: "BadVersion",
	-108: "NoChildrenForEphemerals", -110: "NodeExists", -111: "NotEmpty", -112: "SessionExpired", -113: "InvalidCallback",
	-114: "InvalidACL", -115: "AuthFailed", -118: "SessionMoved", -119: "NotReadOnly", -120: "EphemeralOnLocalSession",
	-121: "NoWatcher", -122: "RequestTimeout", -123: "ReconfigDisabled", -124: "SessionClosedRequireSaslAuth",
	-125: "QuotaExceeded", -127: "Throttled",
}

// otherError is the type of errors that have no other, by the semantic conventions of OpenTelemetry.
const otherError = "_OTHER"

// ErrorType returns a short name for an error, for metrics and traces: one of some forty, whatever the error's text. It is ""
// for nil. A server's rejection has the name of Java's KeeperException.Code, such as "NoNode". Other names are
// "ConnectionLoss", "SessionExpired", "AuthFailed", "Closed", "GivenUp", "ReplyTooLarge", "Canceled", "DeadlineExceeded",
// "BadArguments" for an operation that breaks a rule and was not sent, and "_OTHER".
func ErrorType(err error) string {
	var server ServerError
	var size *ReplySizeError
	var op *OpError
	switch {
	case err == nil:
		return ""
	case isGivenUp(err):
		return "GivenUp"
	case errors.Is(err, ErrConnectionLoss):
		return "ConnectionLoss"
	case errors.As(err, &server):
		return serverErrorType(server.Code)
	case errors.Is(err, ErrSessionExpired):
		return "SessionExpired"
	case errors.Is(err, ErrAuthFailed):
		return "AuthFailed"
	case errors.Is(err, ErrClosed):
		return "Closed"
	case errors.As(err, &size):
		return "ReplyTooLarge"
	case errors.Is(err, context.Canceled):
		return "Canceled"
	case errors.Is(err, context.DeadlineExceeded):
		return "DeadlineExceeded"
	case errors.As(err, &op) && op.Outcome == OutcomeNotSent:
		return "BadArguments"
	}
	return otherError
}

func serverErrorType(code int32) string {
	if name, ok := errorTypes[code]; ok {
		return name
	}
	return otherError
}
