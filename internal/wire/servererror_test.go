package wire

import (
	"errors"
	"fmt"
	"testing"

	"github.com/go-zookeeper/zk"
)

func TestErrorOf_GivesGoZookeepersErrors(t *testing.T) {
	t.Parallel()
	for code, want := range map[int32]error{
		0: nil, -8: zk.ErrBadArguments, -100: zk.ErrAPIError, -101: zk.ErrNoNode, -102: zk.ErrNoAuth,
		-103: zk.ErrBadVersion, -108: zk.ErrNoChildrenForEphemerals, -110: zk.ErrNodeExists,
		-111: zk.ErrNotEmpty, -112: zk.ErrSessionExpired, -114: zk.ErrInvalidACL, -115: zk.ErrAuthFailed,
		-116: zk.ErrClosing, -117: zk.ErrNothing, -118: zk.ErrSessionMoved, -123: zk.ErrReconfigDisabled,
	} {
		if got := ErrorOf(code); got != want {
			t.Errorf("ErrorOf(%d) = %v, want %v", code, got, want)
		}
	}
}

func TestErrorOf_OtherCodesCompareByCode(t *testing.T) {
	t.Parallel()
	for _, code := range []int32{-1, -2, -3, -4, -5, -6, -7, -9, -12, -13, -14, -113, -119, -120, -121, -122, -124, -125, -127, -999, 1} {
		err := fmt.Errorf("zkasync: get /a: %w", ErrorOf(code))
		var serverErr ServerError
		if !errors.As(err, &serverErr) || serverErr.Code != code || !errors.Is(err, ServerError{Code: code}) {
			t.Errorf("ErrorOf(%d) = %v", code, err)
		}
		if errors.Is(err, ServerError{Code: code + 1000}) {
			t.Errorf("ErrorOf(%d) is another code's error too", code)
		}
	}
}

func TestServerError_NamesTheCode(t *testing.T) {
	t.Parallel()
	for code, want := range map[int32]string{
		-6:   "server error -6 (unimplemented)",
		-127: "server error -127 (throttled)",
		-999: "server error -999 (unknown code)",
	} {
		if got := ErrorOf(code).Error(); got != want {
			t.Errorf("ErrorOf(%d) says %q, want %q", code, got, want)
		}
	}
}
