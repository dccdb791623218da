package zkasync_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// endings are the ways in which a function does not return, other than blocking.
var endings = map[string]func(){"goexit": runtime.Goexit, "panic": func() { panic("on purpose") }}

// A dialer, a resolver and functions of the TLS configuration panic or call Goexit at first. The client tries again.
func TestUserFunction_OptionsThatEndTheirGoroutine(t *testing.T) {
	t.Parallel()
	addr := zkserver.Shared(t).Addr()
	host, port, _ := net.SplitHostPort(addr)
	for how, end := range endings {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			var dials, lookups atomic.Int32
			c := connect(t, "zk.test:"+port,
				zkasync.WithDialer(func(ctx context.Context, network, address string) (net.Conn, error) {
					if dials.Add(1) == 1 {
						end()
					}
					return new(net.Dialer).DialContext(ctx, network, address)
				}),
				zkasync.WithResolver(func(context.Context, string) ([]string, error) {
					if lookups.Add(1) == 1 {
						end()
					}
					return []string{host}, nil
				}))
			must(t, c.Exists(t.Context(), "/"))
			if dials.Load() < 2 || lookups.Load() < 2 {
				t.Errorf("%d dials, %d look-ups", dials.Load(), lookups.Load())
			}
		})
	}
}

func TestUserFunction_TLSFunctionsThatDoNotReturn(t *testing.T) {
	t.Parallel()
	dir := zkserver.Shared(t)
	for how, end := range endings {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			c, err := zkasync.New(dir.Addr(), zkasync.WithCloseTimeout(time.Second),
				zkasync.WithTLS(&tls.Config{
					InsecureSkipVerify:    true,
					VerifyPeerCertificate: func([][]byte, [][]*x509.Certificate) error { end(); return nil },
				}))
			if err != nil {
				t.Fatal(err)
			}
			c.StartAsync()
			within(t, wait, "close", func() {
				if err := c.Close(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// Close names a dialer that does not return.
func TestUserFunction_CloseNamesTheDialer(t *testing.T) {
	release, dialing := make(chan struct{}), make(chan struct{}, 99)
	c, err := zkasync.New(nowhere, zkasync.WithCloseTimeout(200*time.Millisecond),
		zkasync.WithDialer(func(context.Context, string, string) (net.Conn, error) {
			dialing <- struct{}{}
			<-release
			return nil, errors.New("too late")
		}))
	if err != nil {
		t.Fatal(err)
	}
	c.StartAsync()
	<-dialing
	if err := c.Close(); err == nil || !strings.Contains(err.Error(), "WithDialer") || !strings.Contains(err.Error(), "guardoptions_test.go") {
		t.Errorf("close: %v, want it to name the dialer", err)
	}
	close(release)
	poll(t, "a close", func() bool { return c.Close() == nil })
}

// brokenContext ends the goroutine that asks it for its error, or panics, from a certain moment on.
type brokenContext struct {
	context.Context
	asked *atomic.Int32
	from  int32
	end   func()
}

func (c brokenContext) Err() error {
	if c.asked.Add(1) > c.from {
		c.end()
	}
	return c.Context.Err()
}

// A user's own context ends the writer. The connection is lost, every future completes, and the client goes on.
func TestUserFunction_ContextThatEndsTheWriter(t *testing.T) {
	t.Parallel()
	for how, end := range endings {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			c := rooted(t)
			base, cancel := context.WithCancel(t.Context())
			defer cancel()
			f := c.Get(brokenContext{base, new(atomic.Int32), 1, end}, "/")
			g := c.Get(t.Context(), "/")
			outcome(t, f)
			outcome(t, g)
			poll(t, "connected", c.Connected)
			poll(t, "a read", func() bool { return outcome(t, c.Get(t.Context(), "/")) == nil })
		})
	}
}

// brokenConn is a connection whose Read panics when it is told to.
type brokenConn struct {
	net.Conn
	broken *atomic.Bool
}

func (c brokenConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if c.broken.CompareAndSwap(true, false) {
		panic("on purpose")
	}
	return n, err
}

func TestUserFunction_ConnectionThatPanics(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	p := zkpeer.Listen(t, zkpeer.Healthy)
	c := connect(t, p.Addr(), zkasync.WithDialer(func(ctx context.Context, network, address string) (net.Conn, error) {
		sock, err := new(net.Dialer).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return brokenConn{sock, &broken}, nil
	}))
	broken.Store(true)
	if err := outcome(t, c.Get(t.Context(), "/")); !errors.Is(err, zkasync.ErrConnectionLoss) || !strings.Contains(err.Error(), "panicked") {
		t.Errorf("a read on a connection that panics: %v", err)
	}
	poll(t, "a read", func() bool { return outcome(t, c.Get(t.Context(), "/")) == nil })
}

// stuckLog is a log whose Handle calls do, which blocks, panics or ends its goroutine.
type stuckLog struct {
	slog.Handler
	do func()
}

func (l stuckLog) Handle(context.Context, slog.Record) error { l.do(); return nil }

// A logger that does not return delays neither operations nor states. Close names it.
func TestUserFunction_LoggerThatDoesNotReturn(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	p := zkpeer.Listen(t, zkpeer.Healthy)
	c, err := zkasync.Connect(testContext(t), p.Addr(), zkasync.WithCloseTimeout(200*time.Millisecond),
		zkasync.WithLogger(slog.New(stuckLog{slog.Default().Handler(), func() { <-hold }})))
	if err != nil {
		t.Fatal(err)
	}
	must(t, c.Get(t.Context(), "/"))
	if err := c.Close(); err == nil || !strings.Contains(err.Error(), "WithLogger") {
		t.Errorf("close: %v, want it to name the logger", err)
	}
	close(hold)
	poll(t, "a close", func() bool { return c.Close() == nil })
}

func TestUserFunction_LoggerThatEndsItsGoroutine(t *testing.T) {
	t.Parallel()
	for how, end := range endings {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			p := zkpeer.Listen(t, zkpeer.Healthy)
			c := connect(t, p.Addr(), zkasync.WithLogger(slog.New(stuckLog{slog.Default().Handler(), end})))
			must(t, c.Get(t.Context(), "/"))
		})
	}
}

// The operation given to Retry calls Goexit when it is repeated. The error says so, and Close does not wait for it.
func TestUserFunction_RetryThatEndsItsGoroutine(t *testing.T) {
	t.Parallel()
	for how, end := range endings {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			c, _, p := proxied(t, zkasync.WithCloseTimeout(5*time.Second))
			attempts := 0
			entered := make(chan struct{})
			p.Drop(0, true)
			f := zkasync.Retry(t.Context(), c, zkasync.RetryPolicy{FirstPause: time.Millisecond}, func(ctx context.Context) *future.Future[zkasync.Node] {
				if attempts++; attempts > 1 {
					close(entered)
					end()
				}
				return c.Get(ctx, "/")
			})
			suspend(t, c, p)
			<-entered
			var panicked *future.PanicError
			if err := outcome(t, f); !errors.Is(err, future.ErrGoexit) && !errors.As(err, &panicked) {
				t.Errorf("retry: %v", err)
			}
			p.Heal()
			resume(t, p)
		})
	}
}
