package main

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
)

// full is an output that takes room bytes and then fails with err.
type full struct {
	room int
	err  error
}

func (f *full) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, f.err
	}
	return len(p), nil
}

func TestRun_StopsWhenTheOutputFails(t *testing.T) {
	t.Parallel()
	server, c := place(t)
	for _, tt := range []struct {
		err  error
		says string
	}{{syscall.ENOSPC, "cannot write the output: no space left"}, {syscall.EPIPE, ""}} {
		var errs strings.Builder
		code := run(t.Context(), []string{"tour", "--yes", server}, strings.NewReader(""), &full{room: 500, err: tt.err}, &errs)
		if code != exitFailed || !strings.Contains(errs.String(), tt.says) || tt.says == "" && errs.Len() > 0 {
			t.Errorf("%v: exit code %d, %q", tt.err, code, errs.String())
		}
		nothingLeft(t, c)
	}
}

func TestExitCode_TellsOutcomesApart(t *testing.T) {
	t.Parallel()
	ended, stop := context.WithCancel(t.Context())
	stop()
	failure := errors.New("x")
	for _, tt := range []struct {
		ctx  context.Context
		err  error
		code int
	}{
		{t.Context(), nil, exitOK},
		{ended, nil, exitOK},
		{t.Context(), failure, exitFailed},
		{ended, failure, exitInterrupted},
		{ended, connectError{failure}, exitInterrupted},
		{ended, usageError{failure}, exitUsage},
		{t.Context(), errors.Join(nil, skippedError{2}), exitSkipped},
		{t.Context(), connectError{failure}, exitConnect},
	} {
		if got := exitCode(tt.ctx, tt.err); got != tt.code {
			t.Errorf("exitCode(%v, %v) = %d, want %d", tt.ctx.Err(), tt.err, got, tt.code)
		}
	}
}
