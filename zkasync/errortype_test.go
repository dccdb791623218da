package zkasync_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

func TestErrorType_NamesWhatHasFailed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err  error
		want string
	}{
		{nil, ""},
		{zkasync.ServerError{Code: -101}, "NoNode"},
		{fmt.Errorf("wrapped: %w", zkasync.ServerError{Code: -127}), "Throttled"},
		{zkasync.ServerError{Code: -9999}, "_OTHER"},
		{&zkasync.OpError{Outcome: zkasync.OutcomeUnknown, Err: zkasync.ErrConnectionLoss}, "ConnectionLoss"},
		{&zkasync.GivenUpError{Err: zkasync.ErrConnectionLoss}, "GivenUp"},
		{&zkasync.OpError{Outcome: zkasync.OutcomeNotSent, Err: context.Canceled}, "Canceled"},
		{&zkasync.OpError{Outcome: zkasync.OutcomeNotSent, Err: context.DeadlineExceeded}, "DeadlineExceeded"},
		{&zkasync.OpError{Outcome: zkasync.OutcomeNotSent, Err: zkasync.ErrClosed}, "Closed"},
		{zkasync.ErrSessionExpired, "SessionExpired"},
		{zkasync.ErrAuthFailed, "AuthFailed"},
		{&zkasync.ReplySizeError{Size: 2, Limit: 1}, "ReplyTooLarge"},
		{&zkasync.OpError{Outcome: zkasync.OutcomeNotSent, Err: zk.ErrInvalidPath}, "BadArguments"},
		{errors.New("something"), "_OTHER"},
	} {
		if got := zkasync.ErrorType(test.err); got != test.want {
			t.Errorf("%v: %q, want %q", test.err, got, test.want)
		}
	}
}

// ErrorType finds the reason inside the errors of operations.
func TestErrorType_OfOperations(t *testing.T) {
	t.Parallel()
	srv := zktest.Run(t)
	c := connect(t, srv.Addr(), srv.Options()...)
	ctx := testContext(t)
	must(t, c.Create(ctx, "/a", nil))
	for want, err := range map[string]error{
		"NoNode":       fails(t, c.Get(ctx, "/b")),
		"NodeExists":   fails(t, c.Create(ctx, "/a", nil)),
		"BadVersion":   fails(t, c.Multi(ctx, zkasync.SetOp("/a", nil, 7))),
		"BadArguments": fails(t, c.Get(ctx, "no path")),
	} {
		if got := zkasync.ErrorType(err); got != want {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}
