package main

import (
	"context"
	"fmt"
	"time"
)

// The clients.
const (
	clientAsync      = "zkasync"
	clientGoroutines = "go-zookeeper-goroutines"
	clientWorkers    = "go-zookeeper-16-workers"
	clientBare       = "bare-socket"
)

// client is what is compared.
type client interface {
	// run does operations until l.stop and returns when all are answered.
	run(l *load)
	// submitter returns a function that starts operation i, a get, without waiting. It is called for 0, 1, 2 and so on;
	// done is called at the end of each, with what it failed with, from any goroutine. The bare socket has none.
	submitter(l *load, done func(i int, err error)) (submit func(i int))
	close()
}

// sessionTimeout is long: nothing here is about failures, and some peers are silent on purpose.
const sessionTimeout = 30 * time.Second

func connect(ctx context.Context, kind, addr string) (client, error) {
	switch kind {
	case clientAsync:
		return newAsync(ctx, addr)
	case clientGoroutines:
		return newBlocking(ctx, addr, 0)
	case clientWorkers:
		return newBlocking(ctx, addr, workersTop)
	case clientBare:
		return newBare(ctx, addr)
	}
	return nil, fmt.Errorf("no client %q", kind)
}
