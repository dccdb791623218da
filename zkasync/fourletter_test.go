package zkasync_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

func TestFourLetterWord_AnswersOfARealServer(t *testing.T) {
	t.Parallel()
	s := check.Process(t, "these are the words and answers of the real one", zkserver.WithTLS(), zkserver.WithConfig("4lw.commands.whitelist", "mntr, ruok, conf"))
	ctx := testContext(t)
	for _, tc := range []struct {
		addr string
		opts []zkasync.Option
	}{
		{addr: s.Addr()},
		{addr: s.TLSAddr(), opts: []zkasync.Option{zkasync.WithTLS(s.TLSConfig())}},
	} {
		answer, err := zkasync.FourLetterWord(ctx, tc.addr, "srvr", tc.opts...)
		if err != nil || !strings.Contains(answer, "Mode: standalone") {
			t.Errorf("srvr: %q, %v", answer, err)
		}
		if err := zkasync.ServerOK(ctx, tc.addr, tc.opts...); err != nil {
			t.Error(err)
		}
		stats, err := zkasync.ServerStats(ctx, tc.addr, tc.opts...)
		if err != nil || stats["zk_server_state"] != "standalone" || stats["zk_znode_count"] == "" || len(stats) < 15 {
			t.Errorf("mntr: %v, %v", stats, err)
		}
		_, err = zkasync.FourLetterWord(ctx, tc.addr, "cons", tc.opts...)
		if !errors.Is(err, zkasync.ErrNotWhitelisted) || !strings.Contains(err.Error(), `"cons" to `+tc.addr) {
			t.Errorf("cons, which is not allowed: %v", err)
		}
		if answer, err = zkasync.FourLetterWord(ctx, tc.addr, "abcd", tc.opts...); err == nil {
			t.Errorf("abcd, which does not exist: %q", answer)
		}
	}
}

func TestFourLetterWord_ServerWithoutQuorum(t *testing.T) {
	t.Parallel()
	e := check.Ensemble(t, whyElections)
	servers := e.Servers()
	for _, s := range servers[1:] {
		if err := s.Kill(); err != nil {
			t.Fatal(err)
		}
	}
	poll(t, "not serving", func() bool {
		_, err := zkasync.ServerStats(testContext(t), servers[0].Addr())
		return errors.Is(err, zkasync.ErrNotServing)
	})
	if err := zkasync.ServerOK(testContext(t), servers[0].Addr()); err != nil {
		t.Error(err)
	}
}

// listener answers each connection with serve, on a goroutine that the test joins.
func listener(t *testing.T, serve func(net.Conn)) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serve(conn)
			conn.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}

func TestFourLetterWord_IsBounded(t *testing.T) {
	t.Parallel()
	silent := listener(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	begun := time.Now()
	_, err := zkasync.FourLetterWord(context.Background(), silent, "srvr", zkasync.WithSessionTimeout(200*time.Millisecond))
	if took := time.Since(begun); !errors.Is(err, context.DeadlineExceeded) || took > 5*time.Second {
		t.Errorf("without a deadline: %v after %v", err, took)
	}
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err = zkasync.FourLetterWord(ctx, silent, "srvr"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	endless := listener(t, func(c net.Conn) {
		for b := make([]byte, 1<<20); ; {
			if _, err := c.Write(b); err != nil {
				return
			}
		}
	})
	if _, err = zkasync.FourLetterWord(testContext(t), endless, "srvr"); err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("endless answer: %v", err)
	}
	mute := listener(t, func(c net.Conn) { _, _ = io.ReadFull(c, make([]byte, 4)) })
	if err = zkasync.ServerOK(testContext(t), mute); err == nil || !strings.Contains(err.Error(), "without an answer") {
		t.Errorf("no answer: %v", err)
	}
	odd := listener(t, func(c net.Conn) { _, _ = io.ReadFull(c, make([]byte, 4)); _, _ = io.WriteString(c, "im") })
	if err = zkasync.ServerOK(testContext(t), odd); err == nil || !strings.Contains(err.Error(), `"im"`) {
		t.Errorf("half an answer: %v", err)
	}
}

func TestFourLetterWord_ArgumentsAreChecked(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ server, word, want string }{
		{"h:1", "", "four letters"},
		{"h:1", "ruo", "four letters"},
		{"h:1", "RUOK", "four letters"},
		{"h:1,h:2", "ruok", "one server"},
		{"h:1/app", "ruok", "one server"},
		{"h:x", "ruok", "port"},
	} {
		_, err := zkasync.FourLetterWord(context.Background(), tc.server, tc.word)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%q to %q: %v, want it to name %q", tc.word, tc.server, err, tc.want)
		}
	}
}

func ExampleFourLetterWord() {
	server := zkserver.Shared(exampleTB{"ExampleFourLetterWord"}).Addr()
	answer, err := zkasync.FourLetterWord(context.Background(), server, "isro")
	fmt.Println(answer, err)
	// Output: rw <nil>
}

func ExampleServerOK() {
	server := zkserver.Shared(exampleTB{"ExampleServerOK"}).Addr()
	fmt.Println(zkasync.ServerOK(context.Background(), server))
	// Output: <nil>
}

func ExampleServerStats() {
	server := zkserver.Shared(exampleTB{"ExampleServerStats"}).Addr()
	stats, err := zkasync.ServerStats(context.Background(), server)
	fmt.Println(stats["zk_server_state"], err)
	// Output: standalone <nil>
}
