package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// The faults in this file are requests that end the connection each time they are made. The program repeats them when they fail
// with the connection.

const (
	smallReplies  = 64 << 10  // the client's limit on replies
	smallRequests = 128 << 10 // the server's limit on requests
	wide          = 1500      // so many children that their list is above the client's limit
	// poisonTime is how long the request is repeated. Meanwhile others create poisonRate znodes a second.
	poisonTime, poisonRate = 8 * time.Second, 50
)

// poisoner repeats the request as long as it fails because the connection ends. It closes the channel afterwards.
type poisoner func(ctx context.Context, c client) <-chan struct{}

func largeReply(ctx context.Context, name string) (string, error) {
	return poisoned(ctx, name, func(ctx context.Context, c client) <-chan struct{} {
		return again(ctx, c, func(z *zkasync.Client) error {
			_, err := z.Children(ctx, "/wide").Get(ctx)
			return err
		}, func(g *zk.Conn) error {
			_, _, err := g.Children("/wide")
			return err
		})
	})
}

func largeRequest(ctx context.Context, name string) (string, error) {
	large := make([]byte, smallRequests+1)
	return poisoned(ctx, name, func(ctx context.Context, c client) <-chan struct{} {
		return again(ctx, c, func(z *zkasync.Client) error {
			_, err := z.Set(zkasync.MarkIdempotent(ctx), "/wide", large, zkasync.AnyVersion).Get(ctx)
			return err
		}, func(g *zk.Conn) error {
			_, err := g.Set("/wide", large, -1)
			return err
		})
	})
}

// again makes the request with zkasync, which repeats it by itself (WithRetry), or repeats it with go-zookeeper as long as the
// connection fails.
func again(ctx context.Context, c client, ours func(*zkasync.Client) error, theirs func(*zk.Conn) error) <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		switch c := c.(type) {
		case zkasyncClient:
			_ = ours(c.c)
		case goClient:
			for ctx.Err() == nil && isLoss(theirs(c.c)) {
				time.Sleep(100 * time.Millisecond)
			}
		}
	}()
	return ended
}

func isLoss(err error) bool {
	return errors.Is(err, zk.ErrConnectionClosed) || errors.Is(err, zk.ErrNoServer) || errors.Is(err, zk.ErrSessionExpired)
}

func poisoned(ctx context.Context, name string, poison poisoner) (string, error) {
	s, err := zkserver.Start(ctx, zkserver.WithJVMFlag(fmt.Sprintf("-Djute.maxbuffer=%d", smallRequests)))
	if err != nil {
		return "", err
	}
	defer s.Stop(context.Background())
	if err := widen(ctx, s.Addr()); err != nil {
		return "", err
	}
	p, err := zkproxy.Start(s.Addr())
	if err != nil {
		return "", err
	}
	defer p.Close()
	c, err := connectSmall(name, p.Addr())
	if err != nil {
		return "", err
	}
	defer c.close()
	if _, _, err := collect([]<-chan outcome{c.create(ctx, "/first")}); err != nil {
		return "", err
	}
	before := p.Accepted()
	ctx, cancel := context.WithTimeout(ctx, poisonTime)
	defer cancel()
	ended := poison(ctx, c)
	f := newFlow(c, "/flow")
	f.run(ctx, poisonRate, poisonTime)
	told := f.settle()
	fate := "still being made"
	select {
	case <-ended:
		fate = "given up"
	default:
	}
	return fmt.Sprintf("the request is %s, %d connections lost; of the others' creates %s", fate, p.Accepted()-before, told), nil
}

// widen creates a znode with many children.
func widen(ctx context.Context, addr string) error {
	c, err := zkasync.Connect(ctx, addr)
	if err != nil {
		return err
	}
	defer c.Close()
	made := []*future.Future[zkasync.Created]{c.Create(ctx, "/wide", nil)}
	for i := range wide {
		made = append(made, c.Create(ctx, fmt.Sprintf("/wide/%s%d", strings.Repeat("n", 60), i), nil))
	}
	_, err = future.All(made...).Get(ctx)
	return err
}

// connectSmall connects a client that accepts only small replies.
func connectSmall(name, addr string) (client, error) {
	if name == ours {
		c, err := zkasync.New(addr, zkasync.WithSessionTimeout(session), zkasync.WithMaxReplySize(smallReplies),
			zkasync.WithRetry(zkasync.RetryPolicy{}))
		if err == nil {
			c.StartAsync()
		}
		return zkasyncClient{c}, err
	}
	c, _, err := zk.Connect([]string{addr}, session, zk.WithMaxBufferSize(smallReplies), zk.WithLogger(silent{}))
	return goClient{c}, err
}
