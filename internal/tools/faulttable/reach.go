package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// In this file the servers are healthy, and the faults lie between them and the client.

// sickAddress connects to a name that has two addresses, of which the first ends every connection.
func sickAddress(ctx context.Context, name string) (string, error) {
	s, err := zkserver.Start(ctx)
	if err != nil {
		return "", err
	}
	defer s.Stop(context.Background())
	var sick atomic.Int32
	port, end, err := twoAddresses(s.Addr(), &sick)
	if err != nil {
		return "", err
	}
	defer end()
	c, err := byName(name, port)
	if err != nil {
		return "", err
	}
	defer c.close()
	return fmt.Sprintf("connected %s, %d attempts at the first address", usableAfter(ctx, c, time.Now()), sick.Load()), nil
}

// byName connects to the name. go-zookeeper would resolve it into both addresses when it starts, with a resolver that cannot be
// replaced here, so it gets the addresses instead.
func byName(subject, port string) (client, error) {
	hosts := []string{sickHost, wellHost}
	if subject != ours {
		return goZookeeper{}.connect(net.JoinHostPort(sickHost, port), net.JoinHostPort(wellHost, port))
	}
	c, err := zkasync.New("zk.example.test:"+port, zkasync.WithSessionTimeout(session), zkasync.WithShuffle(false),
		zkasync.WithResolver(func(context.Context, string) ([]string, error) { return hosts, nil }))
	if err == nil {
		c.StartAsync()
	}
	return zkasyncClient{c}, err
}

// The addresses of the name.
const sickHost, wellHost = "127.0.0.2", "127.0.0.3"

// twoAddresses listens on both addresses, on the same port. Connections to the first end at once; those to the second lead to
// target.
func twoAddresses(target string, sick *atomic.Int32) (port string, end func(), err error) {
	first, err := net.Listen("tcp", sickHost+":0")
	if err != nil {
		return "", nil, err
	}
	port = strconv.Itoa(first.Addr().(*net.TCPAddr).Port)
	second, err := net.Listen("tcp", net.JoinHostPort(wellHost, port))
	if err != nil {
		return "", nil, errors.Join(err, first.Close())
	}
	p, err := zkproxy.Start(target)
	if err != nil {
		return "", nil, errors.Join(err, first.Close(), second.Close())
	}
	go accept(first, func(sock net.Conn) { sick.Add(1); sock.Close() })
	go accept(second, func(sock net.Conn) { connectTo(sock, p.Addr()) })
	return port, func() { first.Close(); second.Close(); p.Close() }, nil
}

func accept(ln net.Listener, do func(net.Conn)) {
	for {
		sock, err := ln.Accept()
		if err != nil {
			return
		}
		do(sock)
	}
}

// connectTo connects to target and forwards between it and sock.
func connectTo(sock net.Conn, target string) {
	other, err := net.Dial("tcp", target)
	if err != nil {
		sock.Close()
		return
	}
	go pipe(sock, other)
	go pipe(other, sock)
}

func pipe(to, from net.Conn) {
	defer to.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if _, werr := to.Write(buf[:n]); err != nil || werr != nil {
			return
		}
	}
}

// slowHandshakes delays the answers of three servers to handshakes, and counts the sessions that are left in the end.
func slowHandshakes(ctx context.Context, name string) (string, error) {
	s, err := zkserver.Start(ctx)
	if err != nil {
		return "", err
	}
	defer s.Stop(context.Background())
	var addrs []string
	for range 3 {
		p, err := zkproxy.Start(s.Addr())
		if err != nil {
			return "", err
		}
		defer p.Close()
		p.Delay(zkproxy.ToClient, 1500*time.Millisecond)
		addrs = append(addrs, p.Addr())
	}
	c, err := subjects()[name].connect(addrs...)
	if err != nil {
		return "", err
	}
	defer c.close()
	after := usableAfter(ctx, c, time.Now())
	wait(ctx, 2*time.Second) // until answers that are on their way have arrived
	stats, err := s.FourLetter(ctx, "mntr")
	if err != nil {
		return "", err
	}
	_, rest, _ := strings.Cut(stats, "zk_global_sessions\t")
	n, _, _ := strings.Cut(rest, "\n")
	return fmt.Sprintf("usable %s; sessions at the server: %s", after, n), nil
}

// replacedSession makes a server grant another session at a reconnect, as ClickHouse Keeper does: a proxy removes the session from
// the connect request. The client has a watch, of which the new session knows nothing.
func replacedSession(ctx context.Context, name string) (string, error) {
	s, p, c, err := readyByProxy(ctx, name)
	if err != nil {
		return "", err
	}
	defer s.Stop(context.Background())
	defer p.Close()
	defer c.close()
	_, fired, err := c.(watcher).watch(ctx, "/first")
	if err != nil {
		return "", err
	}
	before := sessionID(c)
	p.Rewrite(zkproxy.ToServer, withoutSession)
	p.Cut()
	told := "tells nothing, and keeps its watches"
	select {
	case err := <-fired:
		if errors.Is(err, zkasync.ErrSessionExpired) || errors.Is(err, zk.ErrSessionExpired) {
			told = "tells that the session has expired"
		}
	case <-time.After(2 * session):
	}
	after := usableAfter(ctx, c, time.Now())
	if sessionID(c) == before {
		return "", errors.New("the session was not replaced")
	}
	return fmt.Sprintf("%s; usable again %s", told, after), nil
}

func sessionID(c client) int64 {
	if c, ok := c.(zkasyncClient); ok {
		return c.c.Session().ID
	}
	return c.(goClient).c.SessionID()
}

// withoutSession turns a connect request into one for a new session. Its frame has the length, the version, the last zxid, the
// timeout, the session, and the password with its length.
func withoutSession(f zkproxy.Frame) []byte {
	const session, password = 4 + 4 + 8 + 4, 4 + 4 + 8 + 4 + 8 + 4
	if f.Index != 0 {
		return f.Bytes
	}
	b := append([]byte(nil), f.Bytes...)
	binary.BigEndian.PutUint64(b[session:], 0)
	clear(b[password : password+16])
	return b
}
