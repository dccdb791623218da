package zkasync_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/zkasync"
)

// opError is the failure of an attempt.
func opError(op string, outcome zkasync.Outcome, err error) error {
	return &zkasync.OpError{Op: op, Path: "/a", Outcome: outcome, Err: err}
}

func lost(op string, outcome zkasync.Outcome) error {
	return opError(op, outcome, zkasync.ErrConnectionLoss)
}

// script is an operation whose attempts fail with errs, one after the other. The next attempt succeeds with its number.
type script struct {
	errs  []error
	calls []time.Time
}

func (s *script) op(context.Context) *future.Future[int] {
	s.calls = append(s.calls, time.Now())
	if n := len(s.calls); n <= len(s.errs) {
		return future.Failed[int](s.errs[n-1])
	}
	return future.Resolved(len(s.calls))
}

// idle is a client for Retry. The operations of a script do not use it.
var idle = func() *zkasync.Client {
	c, err := zkasync.New("idle.test")
	if err != nil {
		panic(err)
	}
	return c
}()

func repeated(err error, n int) (errs []error) {
	for range n {
		errs = append(errs, err)
	}
	return errs
}

func TestRetryPolicy_IsChecked(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		policy zkasync.RetryPolicy
		want   string
	}{
		{zkasync.RetryPolicy{FirstPause: -1}, "retry: first pause -1ns is negative"},
		{zkasync.RetryPolicy{MaxPause: -1}, "retry: longest pause -1ns is negative"},
		{zkasync.RetryPolicy{FirstPause: 2, MaxPause: 1}, "retry: first pause 2ns is longer than the longest, 1ns"},
		{zkasync.RetryPolicy{MaxAttempts: -1}, "retry: number of attempts -1 is negative"},
		{zkasync.RetryPolicy{MaxElapsed: -1}, "retry: longest time -1ns is negative"},
	} {
		_, err := zkasync.Retry(context.Background(), idle, tc.policy, new(script).op).Result()
		if err == nil || err.Error() != "zkasync: "+tc.want {
			t.Errorf("Retry(%+v): %v, want %q", tc.policy, err, tc.want)
		}
		if _, err := zkasync.New("h", zkasync.WithRetry(tc.policy)); err == nil || err.Error() != "zkasync: "+tc.want {
			t.Errorf("WithRetry(%+v): %v, want %q", tc.policy, err, tc.want)
		}
	}
	if _, err := zkasync.Retry[int](context.Background(), idle, zkasync.RetryPolicy{}, nil).Result(); err == nil {
		t.Error("no operation is accepted")
	}
	if _, err := zkasync.Retry(context.Background(), nil, zkasync.RetryPolicy{}, new(script).op).Result(); err == nil {
		t.Error("no client is accepted")
	}
}

func TestRetry_PausesDoubleAtRandomUpToTheLongest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const rounds = 200
		bounds := []time.Duration{100, 200, 400, 500, 500}
		longest := make([]time.Duration, len(bounds))
		shortest := []time.Duration{1000, 1000, 1000, 1000, 1000}
		for range rounds {
			s := &script{errs: repeated(lost("get", zkasync.OutcomeNotSent), len(bounds))}
			policy := zkasync.RetryPolicy{FirstPause: 100, MaxPause: 500}
			if n := must(t, zkasync.Retry(t.Context(), idle, policy, s.op)); n != len(bounds)+1 {
				t.Fatalf("%d attempts, want %d", n, len(bounds)+1)
			}
			for i := range bounds {
				pause := s.calls[i+1].Sub(s.calls[i])
				longest[i], shortest[i] = max(longest[i], pause), min(shortest[i], pause)
			}
		}
		for i, bound := range bounds {
			if longest[i] >= bound || longest[i] < bound*9/10 || shortest[i] > bound/10 {
				t.Errorf("pause %d was from %d to %d, want anything below %d", i+1, shortest[i], longest[i], bound)
			}
		}
	})
}

func TestRetry_DefaultsEndAfterAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{errs: repeated(lost("get", zkasync.OutcomeNotSent), 10_000)}
		begun := time.Now()
		_, err := zkasync.Retry(t.Context(), idle, zkasync.RetryPolicy{}, s.op).Get(t.Context())
		if !errors.Is(err, zkasync.ErrConnectionLoss) || !errors.Is(err, zkasync.ErrNotSent) {
			t.Errorf("error %v", err)
		}
		if took := time.Since(begun); took > time.Minute || took < 45*time.Second {
			t.Errorf("gave up after %v, want somewhat less than a minute: %v", took, err)
		}
		if n := len(s.calls); n < 15 || n > 60 {
			t.Errorf("%d attempts", n)
		}
	})
}

func TestRetry_AttemptsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{errs: repeated(lost("get", zkasync.OutcomeUnknown), 10)}
		err := fails(t, zkasync.Retry(t.Context(), idle, zkasync.RetryPolicy{MaxAttempts: 3}, s.op), zkasync.ErrOutcomeUnknown)
		if len(s.calls) != 3 {
			t.Errorf("%d attempts, want 3", len(s.calls))
		}
		if want := "zkasync: get /a: outcome unknown: connection lost (attempts: 3)"; err.Error() != want {
			t.Errorf("error %q, want %q", err, want)
		}
	})
}

func TestRetry_RepeatsOnlyWhatIsSafe(t *testing.T) {
	t.Parallel()
	expired := func(op string, o zkasync.Outcome) error { return opError(op, o, zkasync.ErrSessionExpired) }
	for _, tc := range []struct {
		name          string
		err           error
		plain, marked bool // whether it is repeated, without and with the mark
	}{
		{name: "read, in flight", err: lost("get", zkasync.OutcomeUnknown), plain: true, marked: true},
		{name: "read, not sent", err: lost("children", zkasync.OutcomeNotSent), plain: true, marked: true},
		{name: "sync, in flight", err: lost("sync", zkasync.OutcomeUnknown), plain: true, marked: true},
		{name: "write, in flight", err: lost("set", zkasync.OutcomeUnknown), marked: true},
		{name: "write, not sent", err: lost("create", zkasync.OutcomeNotSent), plain: true, marked: true},
		{name: "composite, in flight", err: lost("ensure path", zkasync.OutcomeUnknown), marked: true},
		{name: "expired, read", err: expired("get", zkasync.OutcomeNotSent), plain: true, marked: true},
		{name: "expired, write not sent", err: expired("set", zkasync.OutcomeNotSent), plain: true, marked: true},
		{name: "expired, write in flight", err: expired("set", zkasync.OutcomeUnknown)},
		{name: "throttled", err: opError("set", zkasync.OutcomeRejected, zkasync.ErrThrottled), plain: true, marked: true},
		{name: "request timeout", err: opError("get", zkasync.OutcomeRejected, zkasync.ErrRequestTimeout)},
		{name: "rejected", err: opError("get", zkasync.OutcomeRejected, zk.ErrNoNode)},
		{name: "closed", err: opError("get", zkasync.OutcomeNotSent, zkasync.ErrClosed)},
		{name: "context", err: opError("get", zkasync.OutcomeNotSent, context.Canceled)},
		{name: "invalid", err: opError("get", zkasync.OutcomeNotSent, zk.ErrInvalidPath)},
		{name: "auth failed", err: opError("get", zkasync.OutcomeNotSent, zkasync.ErrAuthFailed)},
		{name: "loss for failed auth", err: opError("get", zkasync.OutcomeNotSent, errors.Join(zkasync.ErrConnectionLoss, zkasync.ErrAuthFailed))},
		{name: "somebody's", err: errors.New("no")},
		{name: "undecodable", err: opError("get", zkasync.OutcomeUnknown, errors.New("short"))},
	} {
		synctest.Test(t, func(t *testing.T) {
			for _, mark := range []bool{false, true} {
				ctx, want := t.Context(), tc.plain
				if mark {
					ctx, want = zkasync.MarkIdempotent(ctx), tc.marked
				}
				s := &script{errs: []error{tc.err}}
				_, err := zkasync.Retry(ctx, idle, zkasync.RetryPolicy{}, s.op).Get(t.Context())
				if got := len(s.calls) == 2; got != want {
					t.Errorf("%s, marked %v: repeated %v, want %v", tc.name, mark, got, want)
				} else if !want && err != tc.err {
					t.Errorf("%s: error %v, want the attempt's own", tc.name, err)
				}
			}
		})
	}
}

func TestRetry_OutcomeCoversAllAttempts(t *testing.T) {
	t.Parallel()
	unknown := lost("create", zkasync.OutcomeUnknown)
	for _, tc := range []struct {
		name string
		errs []error
		want zkasync.Outcome
		is   []error
	}{
		{"unknown, then not sent", []error{unknown, opError("create", zkasync.OutcomeNotSent, zkasync.ErrClosed)}, zkasync.OutcomeUnknown,
			[]error{zkasync.ErrClosed, zkasync.ErrConnectionLoss}},
		{"unknown, then rejected", []error{unknown, opError("create", zkasync.OutcomeRejected, zk.ErrNodeExists)}, zkasync.OutcomeUnknown,
			[]error{zk.ErrNodeExists}},
		{"unknown, then expired", []error{unknown, opError("create", zkasync.OutcomeNotSent, zkasync.ErrSessionExpired)}, zkasync.OutcomeUnknown,
			[]error{zkasync.ErrSessionExpired}},
		{"unknown, then another's", []error{unknown, zk.ErrBadArguments}, zkasync.OutcomeUnknown, []error{zk.ErrBadArguments}},
		{"not sent, then rejected", []error{lost("create", zkasync.OutcomeNotSent), opError("create", zkasync.OutcomeRejected, zk.ErrNodeExists)},
			zkasync.OutcomeRejected, []error{zk.ErrNodeExists}},
		{"read unknown, then rejected", []error{lost("get", zkasync.OutcomeUnknown), opError("get", zkasync.OutcomeRejected, zk.ErrNoNode)},
			zkasync.OutcomeRejected, []error{zk.ErrNoNode}},
		{"not sent, then not sent", []error{lost("create", zkasync.OutcomeNotSent), opError("create", zkasync.OutcomeNotSent, zkasync.ErrClosed)},
			zkasync.OutcomeNotSent, []error{zkasync.ErrClosed, zkasync.ErrConnectionLoss}},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &script{errs: tc.errs}
			err := fails(t, zkasync.Retry(zkasync.MarkIdempotent(t.Context()), idle, zkasync.RetryPolicy{}, s.op), tc.is...)
			var e *zkasync.OpError
			if !errors.As(err, &e) || e.Outcome != tc.want || len(s.calls) != 2 {
				t.Errorf("%s: after %d attempts %v, want it %v", tc.name, len(s.calls), err, tc.want)
			}
		})
	}
}

func TestRetry_ContextEndsThePause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		s := &script{errs: []error{lost("get", zkasync.OutcomeUnknown)}}
		begun := time.Now()
		const ever = 10_000 * time.Hour
		f := zkasync.Retry(ctx, idle, zkasync.RetryPolicy{FirstPause: ever, MaxPause: ever, MaxElapsed: ever}, s.op)
		err := fails(t, f, context.DeadlineExceeded, zkasync.ErrConnectionLoss, zkasync.ErrOutcomeUnknown)
		if took := time.Since(begun); took != time.Second {
			t.Errorf("took %v", took)
		}
		want := "zkasync: get /a: outcome unknown: context deadline exceeded (attempts: 1; the last: connection lost)"
		if err.Error() != want {
			t.Errorf("error %q, want %q", err, want)
		}
	})
}

func TestRetry_PanicInALaterAttemptFailsTheFuture(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		f := zkasync.Retry(t.Context(), idle, zkasync.RetryPolicy{}, func(context.Context) *future.Future[int] {
			if calls++; calls > 1 {
				panic("boom")
			}
			return future.Failed[int](lost("get", zkasync.OutcomeNotSent))
		})
		_, err := f.Get(t.Context())
		var p *future.PanicError
		if !errors.As(err, &p) || p.Value != "boom" || !strings.Contains(err.Error(), "get /a") {
			t.Errorf("error %v", err)
		}
	})
}

func TestRetry_NilFutureIsAnError(t *testing.T) {
	t.Parallel()
	f := zkasync.Retry(context.Background(), idle, zkasync.RetryPolicy{}, func(context.Context) *future.Future[int] { return nil })
	fails(t, f, future.ErrNilFuture)
}
