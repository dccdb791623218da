package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// withServers calls fn with the servers to connect to. With --local it starts a private server before, and stops it after.
func (a *app) withServers(ctx context.Context, fn func(ctx context.Context, servers string) error) error {
	switch a.flags.local {
	case localMemory:
		return withMemory(ctx, fn)
	case localZooKeeper:
		return withZooKeeper(ctx, fn)
	}
	servers, source := a.flags.servers()
	if _, err := zkasync.New(servers); err != nil { // checks the string, starts nothing
		return usagef("%s %q: %w", source, servers, err)
	}
	return fn(ctx, servers)
}

// withMemory calls fn with a server inside this process.
func withMemory(ctx context.Context, fn func(ctx context.Context, servers string) error) error {
	srv, err := zktest.New()
	if err != nil {
		return connectError{fmt.Errorf("--local: %w", err)}
	}
	defer srv.Close()
	addr, err := srv.Listen("127.0.0.1:0")
	if err != nil {
		return connectError{fmt.Errorf("--local: %w", err)}
	}
	return fn(ctx, addr)
}

// withZooKeeper calls fn with a server of Apache ZooKeeper.
func withZooKeeper(ctx context.Context, fn func(ctx context.Context, servers string) error) (err error) {
	if err := zkserver.Installed(); err != nil {
		return connectError{fmt.Errorf("--local=%s: %w", localZooKeeper, err)}
	}
	server, err := zkserver.Start(ctx)
	if err != nil {
		return connectError{fmt.Errorf("--local=%s: the server did not start: %w", localZooKeeper, err)}
	}
	defer func() {
		stopping, stop := context.WithTimeout(context.WithoutCancel(ctx), defaultTimeout)
		defer stop()
		if stopErr := server.Stop(stopping); stopErr != nil {
			err = errors.Join(err, fmt.Errorf("--local=%s: the server did not stop: %w", localZooKeeper, stopErr))
		}
	}()
	return fn(ctx, server.Addr())
}

// withClient calls fn with a connected client, and closes it.
func (a *app) withClient(ctx context.Context, fn func(ctx context.Context, c *zkasync.Client) error) error {
	return a.withServers(ctx, func(ctx context.Context, servers string) error {
		return a.withClientOf(ctx, servers, func(c *zkasync.Client) error { return fn(ctx, c) })
	})
}

func (a *app) withClientOf(ctx context.Context, servers string, fn func(c *zkasync.Client) error, opts ...zkasync.Option) (err error) {
	opts = append(opts, a.flags.clientOptions()...)
	if _, err := zkasync.New(servers, opts...); err != nil { // starts nothing
		return usageError{err}
	}
	opts = append(opts, zkasync.WithRequestTimeout(a.flags.timeout)) // for operations that take many answers, too
	connecting, stop := context.WithTimeout(ctx, a.flags.timeout)
	c, err := zkasync.Connect(connecting, servers, opts...)
	stop()
	if err != nil {
		return connectError{fmt.Errorf("no session within %v: %w%s", a.flags.timeout, err, a.localHint())}
	}
	defer func() {
		if closeErr := c.Close(); closeErr != nil {
			err = errors.Join(err, fmt.Errorf("closing the session: %w", closeErr))
		}
	}()
	return fn(c)
}

// localHint tells users who have not named a server how they can.
func (a *app) localHint() string {
	if _, source := a.flags.servers(); source != "the default" || a.flags.local != "" {
		return ""
	}
	return "\n--server names another server; --local starts one for this command"
}

// patient limits a wait for one answer to --timeout.
func (a *app) patient(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, a.flags.timeout, fmt.Errorf("no answer within %v (--timeout)", a.flags.timeout))
}

// errNoAnswer is the cause with which awaiting ends a context.
var errNoAnswer = errors.New("no answer")

// awaiting is patient for a series of answers. Its context ends when the timer has run for --timeout, so the caller stops
// the timer at an answer, and resets it when it waits for the next one. late returns the error of a wait that has ended so,
// or err.
func (a *app) awaiting(ctx context.Context) (waiting context.Context, timer *time.Timer, late func(err error) error, stop func()) {
	waiting, giveUp := context.WithCancelCause(ctx)
	timer = time.AfterFunc(a.flags.timeout, func() {
		giveUp(fmt.Errorf("%s: %w within %v (--timeout)", a.doing, errNoAnswer, a.flags.timeout))
	})
	late = func(err error) error {
		if cause := context.Cause(waiting); errors.Is(cause, errNoAnswer) {
			return cause
		}
		return err
	}
	return waiting, timer, late, func() { timer.Stop(); giveUp(nil) }
}
