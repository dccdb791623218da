package wire_test

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/zkasync/zkasync-go/internal/wire"
)

// exchange is the content of one golden file: a frame of the client, and the
// frames of the server up to its reply, which watch events may precede. Frames
// start with their length.
type exchange struct {
	sent     []byte
	received [][]byte
}

// reply returns the last of the received frames, without its length.
func (e exchange) reply() []byte { return e.received[len(e.received)-1][4:] }

func readGolden(t testing.TB, name string) exchange {
	t.Helper()
	frames, err := wire.ReadGolden(wire.GoldenFile(name))
	if err != nil {
		t.Fatal(err)
	}
	return exchange{sent: frames[0], received: frames[1:]}
}

func TestGolden_RequestsAreEncodedToTheSameBytes(t *testing.T) {
	t.Parallel()
	for _, c := range goldenCases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sent := readGolden(t, c.name).sent
			b, start := wire.BeginFrame(nil)
			record := sent[4:]
			if c.op != opConnect {
				xid, _, err := wire.DecodeInt32(record)
				if err != nil {
					t.Fatal(err)
				}
				b = wire.AppendRequestHeader(b, xid, c.op)
				record = record[8:]
			}
			b = wire.EndFrame(c.request(b, record), start)
			if !bytes.Equal(b, sent) {
				t.Errorf("got  %x\nwant %x", b, sent)
			}
		})
	}
}

func TestGolden_RepliesDecodeAndEncodeToTheSameBytes(t *testing.T) {
	t.Parallel()
	for _, c := range goldenCases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := readGolden(t, c.name)
			reply := e.reply()
			var b []byte
			if c.op != opConnect {
				h, err := wire.DecodeReplyHeader(reply)
				if err != nil {
					t.Fatal(err)
				}
				if h.Err != c.err {
					t.Errorf("code %d, want %d", h.Err, c.err)
				}
				b = wire.AppendReplyHeader(b, h)
			}
			b = append(b, c.reply(t, reply[len(b):])...)
			if !bytes.Equal(b, reply) {
				t.Errorf("got  %x\nwant %x", b, reply)
			}
			checkEvents(t, c.events, e.received[:len(e.received)-1])
		})
	}
}

func checkEvents(t *testing.T, want []wire.WatchEvent, frames [][]byte) {
	t.Helper()
	if len(frames) != len(want) {
		t.Fatalf("%d watch events, want %d", len(frames), len(want))
	}
	for i, frame := range frames {
		h, err := wire.DecodeReplyHeader(frame[4:])
		if err != nil || h.Xid != wire.XidWatch {
			t.Errorf("event %d: header %+v, error %v", i, h, err)
		}
		got, err := wire.DecodeWatchEvent(frame[4+wire.HeaderLen:])
		if err != nil || got != want[i] {
			t.Errorf("event %d: %+v, error %v, want %+v", i, got, err, want[i])
		}
	}
}

// A file without a case would not be read by any test.
func TestGolden_FilesAndCasesMatch(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(wire.GoldenFile("*"))
	if err != nil {
		t.Fatal(err)
	}
	if cases := goldenCases(); len(files) != len(cases) {
		t.Errorf("%d files, %d cases", len(files), len(cases))
	}
}

// This is what Apache's client sends after it has lost its connection.
func TestGolden_ReconnectOffersTheSessionAndItsLastZxid(t *testing.T) {
	t.Parallel()
	session, err := wire.DecodeConnectResponse(readGolden(t, "watch-connect").reply())
	if err != nil {
		t.Fatal(err)
	}
	offered, err := wire.DecodeConnectRequest(readGolden(t, "reconnect").sent[4:])
	if err != nil {
		t.Fatal(err)
	}
	if offered.SessionID != session.SessionID || !bytes.Equal(offered.Password, session.Password) {
		t.Errorf("offers %+v of session %+v", offered, session)
	}
	last, err := wire.DecodeReplyHeader(readGolden(t, "children-watch").reply())
	if err != nil {
		t.Fatal(err)
	}
	relative, _, err := wire.DecodeInt64(readGolden(t, "set-watches").sent[4+8:])
	if err != nil || offered.LastZxidSeen != last.Zxid || relative != last.Zxid {
		t.Errorf("last zxid %d, offered %d, watches since %d, error %v", last.Zxid, offered.LastZxidSeen, relative, err)
	}
}
