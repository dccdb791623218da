package zkasync_test

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
)

// codeNames are the codes that have a named error.
var codeNames = map[int32]error{
	-5: zkasync.ErrMarshalling, -6: zkasync.ErrUnimplemented, -7: zkasync.ErrOperationTimeout, -8: zk.ErrBadArguments,
	-12: zkasync.ErrUnknownSession, -13: zkasync.ErrNewConfigNoQuorum, -14: zkasync.ErrReconfigInProgress,
	-100: zk.ErrAPIError, -101: zk.ErrNoNode, -102: zk.ErrNoAuth, -103: zk.ErrBadVersion,
	-108: zk.ErrNoChildrenForEphemerals, -110: zk.ErrNodeExists, -111: zk.ErrNotEmpty, -112: zkasync.ErrSessionExpired,
	-114: zk.ErrInvalidACL, -115: zkasync.ErrAuthFailed, -118: zk.ErrSessionMoved, -119: zkasync.ErrNotReadOnly,
	-120: zkasync.ErrEphemeralOnLocalSession, -121: zkasync.ErrNoWatcher, -122: zkasync.ErrRequestTimeout,
	-123: zk.ErrReconfigDisabled, -124: zkasync.ErrSASLRequired, -125: zkasync.ErrQuotaExceeded, -127: zkasync.ErrThrottled,
}

// isCode checks every way of matching a server's code.
func isCode(t *testing.T, what string, err error, code int32) {
	t.Helper()
	var s zkasync.ServerError
	if !errors.As(err, &s) || s.Code != code {
		t.Errorf("%s: %v has code %d, want %d", what, err, s.Code, code)
	}
	if !errors.Is(err, zkasync.ServerError{Code: code}) || errors.Is(err, zkasync.ServerError{Code: code - 1000}) {
		t.Errorf("%s: %v does not match its code, %d", what, err, code)
	}
	for c, name := range codeNames {
		if is := errors.Is(err, name); is != (c == code) {
			t.Errorf("%s: %v is %q: %v", what, err, name, is)
		}
	}
}

const (
	codeSessionExpired = -112
	codeSASLRequired   = -124
)

// codesToAsk returns all codes that have a name, here or in ZooKeeper, and some unknown ones.
func codesToAsk() []int32 {
	codes := []int32{-1, -2, -3, -4, -9, -113, -116, -117, -999, 7, math.MinInt32}
	for code := range codeNames {
		codes = append(codes, code)
	}
	return codes
}

func TestServerError_OfEveryCodeCanBeMatched(t *testing.T) {
	t.Parallel()
	for _, code := range codesToAsk() {
		isCode(t, "plain", zkasync.ServerError{Code: code}, code)
		isCode(t, "wrapped", fmt.Errorf("mine: %w", zkasync.ServerError{Code: code}), code)
	}
	for code, old := range map[int32]error{-112: zk.ErrSessionExpired, -115: zk.ErrAuthFailed, -116: zk.ErrClosing} {
		if !errors.Is(zkasync.ServerError{Code: code}, old) {
			t.Errorf("code %d is not go-zookeeper's %q", code, old)
		}
	}
}

// refusesEverything returns a script of a server that refuses every request with one code. It blames the second operation of
// transactions.
func refusesEverything(code int32) zkpeer.Script {
	return func(c *zkpeer.Conn) {
		c.Accept()
		c.Serve(func(r zkpeer.Request) bool {
			switch r.Op {
			case wire.OpPing, wire.OpClose:
				return false
			case wire.OpMulti:
				return c.Send(zkpeer.ReplyFrame(r.Xid, 1, code, secondFailed(code)))
			default:
				return c.Refuse(r, code)
			}
		})
	}
}

// secondFailed returns the answer to a transaction of two operations, of which the second one was refused.
func secondFailed(code int32) (b []byte) {
	for _, c := range []int32{0, code} {
		b = wire.AppendInt32(wire.AppendMultiHeader(b, wire.OpError, false, c), c)
	}
	return wire.AppendMultiHeader(b, wire.OpError, true, -1)
}

func TestServerError_OnEveryKindOfFailure(t *testing.T) {
	for _, code := range codesToAsk() {
		switch code {
		case wire.CodeThrottled:
			continue // a Live value is read again
		case codeSASLRequired:
			continue // ends the session with ErrAuthFailed, see TestAuthDemanded_ByTheServer
		}
		t.Run(strconv.Itoa(int(code)), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				c := connectScripted(t, refusesEverything(code))
				ctx := testContext(t)
				absent := code == wire.CodeNoNode // for some operations, that is an answer
				for _, call := range calls {
					err := outcome(t, call.do(c.Client, ctx, "/a"))
					answer := absent || code == codeNoAuth && call.name == "ensure path" // exists refuses what exists
					if err != nil || !answer {
						isCode(t, call.name, err, code)
					}
				}
				err := outcome(t, c.Multi(ctx, zkasync.CheckOp("/a", 0), zkasync.SetOp("/b", nil, 0)))
				isCode(t, "part of a transaction", err, code)
				var part *zkasync.MultiError
				if !errors.As(err, &part) || part.Index != 1 {
					t.Errorf("transaction: %v, want it to name the second operation", err)
				}
				isCode(t, "remove watches", outcome(t, c.RemoveWatches(ctx, "/a", zkasync.WatcherAny)), code)
				switch code {
				case wire.CodeNoNode, codeSessionExpired, wire.CodeAuthFailed: // there is no reading, or not yet
				default:
					live := c.WatchData(ctx, "/a")
					isCode(t, "watched value", (<-live.C()).Err, code)
					live.Close()
				}
			})
		})
	}
}

// The client gives up after refused credentials, whatever the code is.
func TestServerError_OfCredentials(t *testing.T) {
	for _, code := range []int32{-115, -4, -999} {
		t.Run(strconv.Itoa(int(code)), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				c := connectScripted(t, refusesEverything(code))
				err := fails(t, c.AddAuth(testContext(t), "digest", []byte("u:p")), zkasync.ErrAuthFailed, zkasync.ServerError{Code: code})
				if code != wire.CodeAuthFailed && !strings.Contains(err.Error(), strconv.Itoa(int(code))) {
					t.Errorf("%v does not name the code", err)
				}
			})
		})
	}
}

// The error of a server that is closing must not look like that of a closed client.
func TestServerError_ClosingIsNotClosed(t *testing.T) {
	t.Parallel()
	if err := (zkasync.ServerError{Code: -116}); errors.Is(err, zkasync.ErrClosed) || !errors.Is(err, zk.ErrClosing) {
		t.Errorf("%v: matches ErrClosed: %v", err, errors.Is(err, zkasync.ErrClosed))
	}
}
