package zkproxy

import (
	"encoding/binary"
	"io"
	"log"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
)

// sessionOffset is the offset of the session id in a connect request: after the
// protocol version, the last zxid seen and the timeout.
const sessionOffset = 4 + 8 + 4

func TestProxy_InFrontOfZooKeeper(t *testing.T) {
	t.Parallel()
	p := Run(t, zkserver.Run(t).Addr())
	conn, events, err := zk.Connect([]string{p.Addr()}, patience, zk.WithLogger(log.New(io.Discard, "", 0)))
	must(t, err)
	defer func() {
		conn.Close()
		for range events { // closed when its loops have ended
		}
	}()
	_, err = conn.Create("/made", []byte("before"), 0, zk.WorldACL(zk.PermAll))
	must(t, err)

	cut := p.CutAfter(ToClient, 0, 6)
	if _, _, err := conn.Get("/made"); err == nil {
		t.Error("a reply that was cut off arrived")
	}
	select {
	case <-cut:
	case <-time.After(patience):
		t.Fatal("the connection was not cut")
	}
	data, _, err := conn.Get("/made")
	if err != nil || string(data) != "before" {
		t.Errorf("after the reconnect: %q, %v", data, err)
	}

	requests := p.ConnectRequests()
	if len(requests) != 2 {
		t.Fatalf("%d connect requests, want 2", len(requests))
	}
	for i, request := range requests {
		session := binary.BigEndian.Uint64(request[sessionOffset:])
		if wantsNew := i == 0; wantsNew != (session == 0) {
			t.Errorf("connect request %d is for session %#x", i, session)
		}
	}
}
