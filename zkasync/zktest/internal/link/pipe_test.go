package link

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// The bytes that are written at one end are read at the other, in order, whatever the sizes of writes, reads and the buffer are.
func TestPipe_CarriesBytesInOrder(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 7, 4096} {
		a, b := Pipe(size, "a", "b")
		want := make([]byte, 100_000)
		for i := range want {
			want[i] = byte(i * 7)
		}
		go func() {
			for rest, n := want, 1; len(rest) > 0; n = n%977 + 1 {
				n := min(n, len(rest))
				if _, err := a.Write(rest[:n]); err != nil {
					t.Error(err)
				}
				rest = rest[n:]
			}
			_ = a.Close()
		}()
		if got, err := io.ReadAll(b); err != nil || !bytes.Equal(got, want) {
			t.Errorf("size %d: %d bytes, %v", size, len(got), err)
		}
	}
}

func TestPipe_Deadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe(4, "a", "b")
		start := time.Now()
		_ = a.SetDeadline(start.Add(time.Hour))
		_ = a.SetDeadline(start.Add(3 * time.Second)) // earlier than the previous one
		if _, err := a.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != 3*time.Second {
			t.Errorf("read: %v after %v", err, time.Since(start))
		}
		_ = a.SetDeadline(start.Add(5 * time.Second))
		_ = a.SetDeadline(start.Add(9 * time.Second)) // later than the previous one
		n, err := a.Write([]byte("123456"))
		if n != 4 || !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != 9*time.Second {
			t.Errorf("write: %d, %v after %v", n, err, time.Since(start))
		}
		_ = a.SetDeadline(time.Time{})
		if n, err := b.Read(make([]byte, 9)); n != 4 || err != nil {
			t.Errorf("read at the other end: %d, %v", n, err)
		}
		_ = a.Close()
		_ = b.Close()
	})
}

func TestPipe_Endings(t *testing.T) {
	t.Parallel()
	a, b := Pipe(100, "a", "b")
	if _, err := a.Write([]byte("last")); err != nil {
		t.Fatal(err)
	}
	if err := a.(*memConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(b); string(got) != "last" || err != nil {
		t.Errorf("after half of it was closed: %q, %v", got, err)
	}
	if _, err := b.Write([]byte("answer")); err != nil {
		t.Errorf("the other half: %v", err)
	}
	_ = b.Close()
	if got, err := io.ReadAll(a); string(got) != "answer" || err != nil {
		t.Errorf("after all was closed: %q, %v", got, err)
	}
	if _, err := b.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("reading a closed connection: %v", err)
	}
	if _, err := b.Write(nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("writing to a closed connection: %v", err)
	}
	_ = a.Close()
}
