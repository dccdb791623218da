package zkpeer_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"testing"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
)

// raw is a client that only writes and reads frames.
type raw struct {
	t    testing.TB
	sock net.Conn
	in   *bufio.Reader
}

func dialRaw(t testing.TB, addr string) *raw {
	t.Helper()
	sock, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sock.Close() })
	r := &raw{t: t, sock: sock, in: bufio.NewReaderSize(sock, 256<<10)}
	r.write(zkpeer.Frame(wire.AppendConnectRequest(nil, &wire.ConnectRequest{Timeout: 4000, Password: make([]byte, 16)})))
	resp, err := wire.DecodeConnectResponse(r.frame())
	if err != nil || resp.SessionID == 0 || resp.Timeout != 4000 {
		t.Fatalf("connect response %+v, %v", resp, err)
	}
	return r
}

func (r *raw) write(b []byte) {
	r.t.Helper()
	if _, err := r.sock.Write(b); err != nil {
		r.t.Fatal(err)
	}
}

func (r *raw) frame() []byte {
	r.t.Helper()
	var head [4]byte
	if _, err := io.ReadFull(r.in, head[:]); err != nil {
		r.t.Fatal(err)
	}
	frame := make([]byte, binary.BigEndian.Uint32(head[:]))
	if _, err := io.ReadFull(r.in, frame); err != nil {
		r.t.Fatal(err)
	}
	return frame
}

func request(xid int32, op wire.OpCode, record []byte) []byte {
	return zkpeer.Frame(append(wire.AppendRequestHeader(nil, xid, op), record...))
}

// reply reads a reply and returns its record.
func (r *raw) reply(xid int32, code int32) []byte {
	r.t.Helper()
	frame := r.frame()
	h, err := wire.DecodeReplyHeader(frame)
	if err != nil || h.Xid != xid || h.Err != code {
		r.t.Fatalf("reply %+v, %v, want xid %d and code %d", h, err, xid, code)
	}
	return frame[wire.HeaderLen:]
}

func TestReplay_AnswersEachOperation(t *testing.T) {
	t.Parallel()
	r := dialRaw(t, zkpeer.StartReplay(t, zkpeer.Replay{DataSize: 100, Children: 3}))
	path := wire.AppendPath(nil, "", "/a")
	// Many requests are sent at once and in pieces: the server must put the frames together, and answer in order.
	var all []byte
	for i, op := range []wire.OpCode{wire.OpGetData, wire.OpExists, wire.OpGetChildren2, wire.OpSetData, wire.OpCreate2,
		wire.OpCreate, wire.OpDelete, wire.OpSync, wire.OpGetACL} {
		all = append(all, request(int32(i+1), op, path)...)
	}
	all = append(all, request(wire.XidPing, wire.OpPing, nil)...)
	all = append(all, request(10, wire.OpClose, nil)...)
	for chunk := range slices.Chunk(all, 5) {
		r.write(chunk)
	}

	data, rest, err := wire.DecodeData(r.reply(1, 0))
	if err != nil || len(data) != 100 || len(rest) != 68 {
		t.Errorf("get: %d bytes, %d behind, %v", len(data), len(rest), err)
	}
	if body := r.reply(2, 0); len(body) != 68 {
		t.Errorf("exists: %d bytes", len(body))
	}
	names, _, err := wire.DecodeStrings(r.reply(3, 0))
	if err != nil || len(names) != 3 {
		t.Errorf("children: %q %v", names, err)
	}
	if body := r.reply(4, 0); len(body) != 68 {
		t.Errorf("set: %d bytes", len(body))
	}
	made, rest, err := wire.DecodeString(r.reply(5, 0))
	if err != nil || made != "/a" || len(rest) != 68 {
		t.Errorf("create: %q, %d behind, %v", made, len(rest), err)
	}
	for xid := int32(6); xid <= 8; xid += 2 {
		if made, rest, err = wire.DecodeString(r.reply(xid, 0)); err != nil || made != "/a" || len(rest) != 0 {
			t.Errorf("echo %d: %q, %d behind, %v", xid, made, len(rest), err)
		}
		if xid == 6 {
			r.reply(7, 0)
		}
	}
	r.reply(9, -6)
	r.reply(wire.XidPing, 0)
	r.reply(10, 0)
	if _, err := r.in.ReadByte(); err != io.EOF {
		t.Errorf("after the close: %v, want EOF", err)
	}
}

func TestReplay_RunsInAnotherProcess(t *testing.T) {
	t.Parallel()
	r := dialRaw(t, zkpeer.StartReplayProcess(t, zkpeer.Replay{DataSize: 7}))
	r.write(request(1, wire.OpGetData, wire.AppendPathWatch(nil, "", "/a", false)))
	if data, _, err := wire.DecodeData(r.reply(1, 0)); err != nil || len(data) != 7 {
		t.Errorf("get: %d bytes, %v", len(data), err)
	}
}

// BenchmarkReplay measures the replay server: this process writes requests that were encoded beforehand, and counts the replies.
func BenchmarkReplay(b *testing.B) {
	for _, size := range []int{0, 100, 1000} {
		b.Run(fmt.Sprintf("data=%d", size), func(b *testing.B) {
			r := dialRaw(b, zkpeer.StartReplayProcess(b, zkpeer.Replay{DataSize: size}))
			const batch = 1000
			var frames []byte
			for range batch {
				frames = append(frames, request(1, wire.OpGetData, wire.AppendPathWatch(nil, "", "/bench/node", false))...)
			}
			rounds := b.N/batch + 1
			b.ReportAllocs()
			b.ResetTimer()
			var writing sync.WaitGroup
			defer writing.Wait()
			writing.Go(func() {
				for range rounds {
					_, _ = r.sock.Write(frames)
				}
			})
			want := int64(rounds) * batch * int64(4+wire.HeaderLen+4+size+68)
			if _, err := io.CopyN(io.Discard, r.in, want); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(rounds*batch)/b.Elapsed().Seconds(), "replies/s")
		})
	}
}
