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
	// submit starts one operation without waiting and calls done at its end, with what it failed with. It may call done
	// from any goroutine. The bare socket has none.
	submit(l *load, i int, done func(error))
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
