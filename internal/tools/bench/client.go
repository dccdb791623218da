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

// client is one of the clients that are compared.
type client interface {
	// run carries out operations until l.stop, and returns when all have been answered.
	run(l *load)
	// submitter returns a function that starts operation i, a get, without waiting. It is called for 0, 1, 2 and so on.
	// When an operation has ended, done is called with its error, on any goroutine. The bare socket returns nil.
	submitter(l *load, done func(i int, err error)) (submit func(i int))
	close()
}

// sessionTimeout is long, because nothing here is about failures, and some peers are silent on purpose.
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
