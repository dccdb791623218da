package main

import (
	"context"
	"errors"
	"os/exec"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/zkasync"
)

const (
	ours   = "zkasync"
	theirs = "go-zookeeper"
	// session is the session timeout of both clients.
	session = 4 * time.Second
)

// subject makes the clients to which faults are put.
type subject interface {
	// connect returns without waiting for a session. The servers are tried in this order.
	connect(servers ...string) (client, error)
}

type client interface {
	// create starts to create a znode, and returns at once. The channel gets the outcome.
	create(ctx context.Context, path string) <-chan outcome
	close()
}

// outcome is what a client says about an operation.
type outcome uint8

const (
	done    outcome = iota
	notSent         // the client says that the operation cannot have been applied
	unknown         // the client says that it is unknown whether it was applied
	failed          // the client says only that it failed
)

func subjects() map[string]subject {
	return map[string]subject{ours: zkasyncSubject{}, theirs: goZookeeper{}}
}

type zkasyncSubject struct{}

func (zkasyncSubject) connect(servers ...string) (client, error) {
	c, err := zkasync.New(join(servers), zkasync.WithSessionTimeout(session), zkasync.WithShuffle(false))
	if err == nil {
		c.StartAsync()
	}
	return zkasyncClient{c}, err
}

func join(servers []string) string {
	all := servers[0]
	for _, s := range servers[1:] {
		all += "," + s
	}
	return all
}

type zkasyncClient struct{ c *zkasync.Client }

func (z zkasyncClient) create(ctx context.Context, path string) <-chan outcome {
	ended := make(chan outcome, 1)
	z.c.Create(ctx, path, nil).OnDone(func(_ zkasync.Created, err error) {
		switch {
		case err == nil:
			ended <- done
		case errors.Is(err, zkasync.ErrNotSent):
			ended <- notSent
		case errors.Is(err, zkasync.ErrOutcomeUnknown):
			ended <- unknown
		default:
			ended <- failed
		}
	})
	return ended
}

func (z zkasyncClient) close() { _ = z.c.Close() }

type goZookeeper struct{}

func (goZookeeper) connect(servers ...string) (client, error) {
	c, _, err := zk.Connect(servers, session, zk.WithHostProvider(&inOrder{list: servers}), zk.WithLogger(silent{}))
	return goClient{c}, err
}

// inOrder is go-zookeeper's DNSHostProvider without the shuffle.
type inOrder struct {
	list       []string
	next, last int
}

func (h *inOrder) Init([]string) error { h.last = -1; return nil }
func (h *inOrder) Len() int            { return len(h.list) }
func (h *inOrder) Connected()          { h.last = h.next - 1 }
func (h *inOrder) Next() (string, bool) {
	i := h.next % len(h.list)
	h.next++
	return h.list[i], h.next > 1 && i == (h.last+len(h.list))%len(h.list)
}

type silent struct{}

func (silent) Printf(string, ...any) {}

type goClient struct{ c *zk.Conn }

func (g goClient) create(_ context.Context, path string) <-chan outcome {
	ended := make(chan outcome, 1)
	go func() {
		if _, err := g.c.Create(path, nil, 0, zk.WorldACL(zk.PermAll)); err != nil {
			ended <- failed
			return
		}
		ended <- done
	}()
	return ended
}

func (g goClient) close() { g.c.Close() }

func asExit(err error, exit **exec.ExitError) bool { return errors.As(err, exit) }
