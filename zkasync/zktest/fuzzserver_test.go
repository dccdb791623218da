package zktest_test

import (
	"encoding/binary"
	"io"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync/zktest"
)

// Whatever a session sends, the server answers it or ends that connection, and goes on to serve others.
func FuzzServer_Request(f *testing.F) {
	f.Add(int32(wire.OpCreate), cat(str("/a"), str("x"), acls(open), num(0)))
	f.Add(int32(wire.OpMulti), multiBody([]part{partCreate("/a", "", 2), partDelete("/b")}))
	f.Add(int32(wire.OpMultiRead), multiBody([]part{partGet("/"), partKids("/")}))
	f.Add(int32(wire.OpSetWatches2), wire.AppendSetWatches2(nil, 0, &wire.WatchSet{Data: []string{"/"}}))
	f.Add(int32(wire.OpReconfig), cat(null, null, null, long(-1)))
	f.Add(int32(wire.OpSASL), str(""))
	f.Add(int32(wire.OpSetAuth), cat(num(0), str("digest"), str("a:b")))
	for op := range int32(110) {
		f.Add(op, str("/zookeeper"))
	}
	srv, err := zktest.New()
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = srv.Close() })
	f.Fuzz(func(t *testing.T, op int32, body []byte) {
		r := openRaw(t, srv)
		r.send(wire.OpCode(op), body)
		r.sendAs(wire.XidPing, wire.OpPing, nil)
		for {
			h, _, err := r.reply()
			if err != nil || h.Xid == wire.XidPing {
				break // closed, or answered
			}
		}
		last := openRaw(t, srv)
		last.send(wire.OpClose, nil)
		if _, _, err := last.reply(); err != nil {
			t.Fatal("the next session fails: ", err)
		}
	})
}

// Whatever the first bytes of a connection are, a four-letter word, a handshake or neither, the server answers or refuses them.
func FuzzServer_FirstBytes(f *testing.F) {
	f.Add([]byte("srvr"))
	f.Add([]byte("wchcmore"))
	f.Add([]byte("nope"))
	f.Add(binary.BigEndian.AppendUint32(nil, 0))
	f.Add(cat(num(44), wire.AppendConnectRequest(nil, &wire.ConnectRequest{Password: make([]byte, 16)})))
	f.Add(cat(num(1<<20-1), num(7)))
	srv, err := zktest.New()
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = srv.Close() })
	f.Fuzz(func(t *testing.T, first []byte) {
		r := dialRaw(t, srv)
		r.write(first)
		_ = r.sock.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
		_, _ = io.ReadAll(r.sock)
		_ = r.sock.Close()
		openRaw(t, srv)
	})
}
