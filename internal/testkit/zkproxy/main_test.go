package zkproxy

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	// patience is how long a test waits for something that must happen, glance for something that must not.
	patience = 10 * time.Second
	glance   = 100 * time.Millisecond
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// frame returns body with its length in front.
func frame(body string) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...)
}

// startEcho starts a server that sends back what it receives, and returns its address.
func startEcho(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	e := &echo{listener: l, conns: map[net.Conn]bool{}}
	e.wg.Add(1)
	go e.serve()
	t.Cleanup(e.stop)
	return l.Addr().String()
}

type echo struct {
	listener net.Listener
	wg       sync.WaitGroup
	mu       sync.Mutex
	conns    map[net.Conn]bool
}

func (e *echo) serve() {
	defer e.wg.Done()
	for {
		conn, err := e.listener.Accept()
		if err != nil {
			return
		}
		e.mu.Lock()
		e.conns[conn] = true
		e.mu.Unlock()
		e.wg.Add(1)
		go e.answer(conn)
	}
}

func (e *echo) answer(conn net.Conn) {
	defer e.wg.Done()
	defer conn.Close()
	io.Copy(conn, conn)
}

func (e *echo) stop() {
	e.listener.Close()
	e.mu.Lock()
	for conn := range e.conns {
		conn.Close()
	}
	e.mu.Unlock()
	e.wg.Wait()
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	must(t, err)
	t.Cleanup(func() { conn.Close() })
	return conn
}

func send(t *testing.T, conn net.Conn, b []byte) {
	t.Helper()
	_, err := conn.Write(b)
	must(t, err)
}

// want reads exactly these bytes.
func want(t *testing.T, conn net.Conn, b []byte) {
	t.Helper()
	conn.SetReadDeadline(time.Now().Add(patience))
	got := make([]byte, len(b))
	n, err := io.ReadFull(conn, got)
	if err != nil || string(got) != string(b) {
		t.Fatalf("read %q, %v, want %q", got[:n], err, b)
	}
}

// wantNothing checks that no byte comes, and that the connection does not end.
func wantNothing(t *testing.T, conn net.Conn) {
	t.Helper()
	conn.SetReadDeadline(time.Now().Add(glance))
	var b [1]byte
	if n, err := conn.Read(b[:]); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("read %d bytes, %v, want silence", n, err)
	}
}

// wantEnd checks that the connection ends without another byte, and returns the
// error with which it ends.
func wantEnd(t *testing.T, conn net.Conn) error {
	t.Helper()
	conn.SetReadDeadline(time.Now().Add(patience))
	var b [1]byte
	n, err := conn.Read(b[:])
	if n != 0 || err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("read %d bytes, %v, want the end", n, err)
	}
	return err
}

// exchange sends a frame through an unbroken proxy and reads the echo.
func exchange(t *testing.T, conn net.Conn, body string) {
	t.Helper()
	send(t, conn, frame(body))
	want(t, conn, frame(body))
}
