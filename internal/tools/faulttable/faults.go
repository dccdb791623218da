package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// fault is one row of the table.
type fault struct {
	name string
	put  func(ctx context.Context, subject string) (string, error)
}

const (
	pending = 1000
	// patience is how long to wait for a client.
	patience = 40 * time.Second
)

var faults = []fault{
	{"none: 1000 creates, called one after the other", calls},
	{"server stopped (SIGSTOP) for half the session timeout, 1000 creates pending", frozen},
	{"server killed (SIGKILL) with 1000 creates under way, restarted", killed},
	{"connecting: the first of two servers accepts and says nothing; session timeout 4 s", silentServer},
	{"connecting: one name with two addresses, of which the first accepts and hangs up", sickAddress},
	{"connecting: three servers that answer a handshake after 1.5 s", slowHandshakes},
	{"a reconnect is granted another session", replacedSession},
	{"server killed, its data wiped, restarted", wiped},
	{"server stopped for three times the session timeout, 1000 creates pending and 500 more a second", frozenForLong},
	{"network drops everything for a session timeout and tells nobody, 1000 creates pending", halfOpen},
	{"leader of three killed under 200 creates a second", leaderKilled},
	{"20 connections cut under watches on 50 znodes that another client sets 2000 times", watches},
	{"a list above the client's limit on replies is asked for again for 8 s, beside 50 creates a second", largeReply},
	{"a set above the server's limit on requests is made again for 8 s, beside 50 creates a second", largeRequest},
	{"a peer sends a watch event of 8 bytes", func(ctx context.Context, s string) (string, error) { return inChild(ctx, s, "8") }},
	{"a peer sends the length 0xffffffff", func(ctx context.Context, s string) (string, error) { return inChild(ctx, s, "4294967295") }},
	{"close: a peer answers pings but not the close request", func(ctx context.Context, s string) (string, error) { return inChild(ctx, s, "mute") }},
}

// tally counts outcomes.
type tally [failed + 1]int

func (t tally) String() string {
	var parts []string
	for o, name := range []string{"done", "not sent", "unknown", "failed"} {
		if t[o] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", t[o], name))
		}
	}
	return strings.Join(parts, ", ")
}

func frozen(ctx context.Context, name string) (string, error) {
	s, c, err := ready(ctx, name)
	if err != nil {
		return "", err
	}
	defer s.Stop(context.Background())
	defer c.close()
	if err := s.Freeze(); err != nil {
		return "", err
	}
	var ends []<-chan outcome
	for i := range pending {
		ends = append(ends, c.create(ctx, fmt.Sprintf("/%d", i)))
	}
	time.Sleep(session / 2)
	if err := s.Continue(); err != nil {
		return "", err
	}
	t, _, err := collect(ends)
	return t.String(), err
}

func killed(ctx context.Context, name string) (string, error) {
	s, c, err := ready(ctx, name)
	if err != nil {
		return "", err
	}
	defer s.Stop(context.Background())
	defer c.close()
	var ends []<-chan outcome
	for i := range pending {
		ends = append(ends, c.create(ctx, fmt.Sprintf("/%d", i)))
	}
	waitForSome(ends, pending/10)
	if err := s.Kill(); err != nil {
		return "", err
	}
	t, each, err := collect(ends)
	if err != nil {
		return "", err
	}
	if err := s.Restart(ctx); err != nil {
		return "", err
	}
	applied, err := appliedOf(ctx, s.Addr(), each)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%v; of these were applied: %v", t, applied), nil
}

// appliedOf counts the znodes that are on the server, by what the client said about their creates.
func appliedOf(ctx context.Context, addr string, each []outcome) (t tally, err error) {
	c, err := zkasync.Connect(ctx, addr)
	if err != nil {
		return t, err
	}
	defer c.Close()
	for i, o := range each {
		st, err := c.Exists(ctx, fmt.Sprintf("/%d", i)).Get(ctx)
		if err != nil {
			return t, err
		}
		if st != nil {
			t[o]++
		}
	}
	return t, nil
}

func silentServer(ctx context.Context, name string) (string, error) {
	s, err := zkserver.Start(ctx)
	if err != nil {
		return "", err
	}
	defer s.Stop(context.Background())
	p, err := zkproxy.Start(s.Addr())
	if err != nil {
		return "", err
	}
	defer p.Close()
	p.Hang()
	c, err := subjects()[name].connect(p.Addr(), s.Addr())
	if err != nil {
		return "", err
	}
	defer c.close()
	return "connected " + usableAfter(ctx, c, time.Now()), nil
}

func wiped(ctx context.Context, name string) (string, error) {
	s, c, err := ready(ctx, name)
	if err != nil {
		return "", err
	}
	defer s.Stop(context.Background())
	defer c.close()
	if err := s.Kill(); err != nil {
		return "", err
	}
	if err := s.Wipe(); err != nil {
		return "", err
	}
	if err := s.Restart(ctx); err != nil {
		return "", err
	}
	return "usable again " + usableAfter(ctx, c, time.Now()), nil
}

// usableAfter tries to create a znode until that succeeds, and says how long it took.
func usableAfter(ctx context.Context, c client, start time.Time) string {
	ctx, cancel := context.WithDeadline(ctx, start.Add(patience))
	defer cancel()
	for i := 0; ; i++ {
		select {
		case o := <-c.create(ctx, fmt.Sprintf("/again-%d", i)):
			if o == done {
				return fmt.Sprintf("after %.1f s", time.Since(start).Seconds())
			}
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			return fmt.Sprintf("not within %v", patience)
		}
	}
}

// ready starts a server and a client that has a session with it.
func ready(ctx context.Context, name string) (*zkserver.Server, client, error) {
	s, err := zkserver.Start(ctx)
	if err != nil {
		return nil, nil, err
	}
	c, err := subjects()[name].connect(s.Addr())
	if err != nil {
		return nil, nil, err
	}
	_, _, err = collect([]<-chan outcome{c.create(ctx, "/first")})
	return s, c, err
}

// collect waits for all outcomes, and counts them.
func collect(ends []<-chan outcome) (t tally, each []outcome, err error) {
	deadline := time.After(patience)
	for _, end := range ends {
		select {
		case o := <-end:
			t[o]++
			each = append(each, o)
		case <-deadline:
			return t, each, fmt.Errorf("%v, and the rest has not ended within %v", t, patience)
		}
	}
	return t, each, nil
}

// waitForSome waits until any n of the operations have ended.
func waitForSome(ends []<-chan outcome, n int) {
	for ended := 0; ended < n; {
		time.Sleep(time.Millisecond)
		ended = 0
		for _, end := range ends {
			ended += len(end) // each channel has room for its outcome
		}
	}
}

// meetBadPeer connects a client to a peer that breaks the protocol. It runs in a process of its own.
func meetBadPeer(ctx context.Context, s subject, kind string) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err.Error()
	}
	go func() {
		for {
			sock, err := ln.Accept()
			if err != nil {
				return
			}
			go badPeer(sock, kind)
		}
	}()
	before := runtime.NumGoroutine()
	c, err := s.connect(ln.Addr().String())
	if err != nil {
		return err.Error()
	}
	if kind == "mute" {
		time.Sleep(time.Second)
		start := time.Now()
		c.close()
		took := time.Since(start)
		time.Sleep(time.Second)
		return fmt.Sprintf("closed after %.1f s, goroutines left a second later: %d", took.Seconds(), left(before))
	}
	ended := c.create(ctx, "/x")
	select {
	case o := <-ended:
		var mem runtime.MemStats
		runtime.ReadMemStats(&mem)
		var t tally
		t[o]++
		return fmt.Sprintf("the create is reported (%v), memory from the system: %d MB", t, mem.Sys>>20)
	case <-time.After(2 * session):
		return fmt.Sprintf("the create has not ended after %v", 2*session)
	}
}

// left returns how many goroutines have been left behind, without the peer's own, of which each connection has one.
func left(before int) int {
	buf := make([]byte, 1<<20)
	stacks := string(buf[:runtime.Stack(buf, true)])
	return runtime.NumGoroutine() - before - strings.Count(stacks, "main.badPeer(")
}

// badPeer accepts the session, and then misbehaves.
func badPeer(sock net.Conn, kind string) {
	defer sock.Close()
	if _, err := readFrame(sock); err != nil {
		return
	}
	resp := binary.BigEndian.AppendUint32(nil, 0)
	resp = binary.BigEndian.AppendUint32(resp, uint32(session.Milliseconds()))
	resp = binary.BigEndian.AppendUint64(resp, 1)
	resp = binary.BigEndian.AppendUint32(resp, 16)
	resp = append(resp, make([]byte, 17)...)
	_, _ = sock.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(resp))), resp...))
	for {
		frame, err := readFrame(sock)
		if err != nil {
			return
		}
		ping := int32(binary.BigEndian.Uint32(frame)) == -2
		switch {
		case ping:
			pong := append(binary.BigEndian.AppendUint32(nil, 16), 0xff, 0xff, 0xff, 0xfe)
			_, _ = sock.Write(append(pong, make([]byte, 12)...))
		case kind != "mute":
			var length uint32
			_, _ = fmt.Sscan(kind, &length)
			head := binary.BigEndian.AppendUint32(nil, length)
			_, _ = sock.Write(append(head, bytes.Repeat([]byte{0xff}, 8)...)) // begins with the xid of an event
		}
	}
}

func readFrame(r io.Reader) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	frame := make([]byte, binary.BigEndian.Uint32(head[:]))
	_, err := io.ReadFull(r, frame)
	return frame, err
}
