package main

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
)

func TestPlan_NamesEachPointOnce(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, p := range plan() {
		if seen[p.name()] {
			t.Errorf("%s is in the plan twice", p.name())
		}
		seen[p.name()] = true
		if size := max(p.size, p.kids*childBytes) * p.depth; size > inFlightBytes {
			t.Errorf("%s has %d bytes in flight", p.name(), size)
		}
	}
}

// Every client carries out every operation without an error, and ends when it is told to.
func TestClients_DoEveryPoint(t *testing.T) {
	t.Parallel()
	for _, p := range append(plan(), hotPoints()...) {
		p.depth = min(p.depth, 64)
		p.size, p.kids = min(p.size, 1_000), min(p.kids, 100)
		addr := zkpeer.StartReplay(t, zkpeer.Replay{DataSize: p.size, Children: p.kids})
		for _, kind := range clientKinds {
			if !p.concerns(kind) || (p.op == opCreate || p.op == opDelete) && kind != clientAsync {
				continue
			}
			spent, err := measureSome(t, kind, addr, p)
			if err != nil {
				t.Errorf("%s: %v", kind, err)
				continue
			}
			if spent.ops == 0 || spent.goroutines == 0 {
				t.Errorf("%s: %s: %+v", kind, p.name(), spent)
			}
		}
	}
}

// measureSome measures for longer and longer, until at least one operation was counted: the machine may be busy.
func measureSome(t *testing.T, kind, addr string, p point) (spent cost, err error) {
	for long := 10 * time.Millisecond; long < 30*time.Second; long *= 4 {
		if spent, err = measure(t.Context(), kind, addr, p, long); err != nil || spent.ops > 0 {
			break
		}
	}
	return spent, err
}

func TestOpenLoop_CountsEachOperation(t *testing.T) {
	t.Parallel()
	addr := zkpeer.StartReplay(t, zkpeer.Replay{DataSize: base.size})
	for _, kind := range []string{clientAsync, clientGoroutines, clientWorkers} {
		c, err := connect(t.Context(), kind, addr)
		if err != nil {
			t.Fatal(err)
		}
		h, err := openLoop(c, 1000, 100*time.Millisecond)
		c.close()
		if n := h.TotalCount(); err != nil || n < 1 || n > 101 {
			t.Errorf("%s: %d operations, %v", kind, n, err)
		}
	}
}

// onlyReads is a connection that reads from a Reader.
type onlyReads struct {
	net.Conn
	io.Reader
}

func (o onlyReads) Read(p []byte) (int, error) { return o.Reader.Read(p) }

func TestReplyCounter_CountsHoweverTheBytesCome(t *testing.T) {
	t.Parallel()
	var stream []byte
	for i := range 10 {
		stream = append(stream, zkpeer.ReplyFrame(int32(i), 1, 0, make([]byte, i*7))...)
	}
	for _, source := range []io.Reader{
		bytes.NewReader(stream),
		iotest.OneByteReader(bytes.NewReader(stream)),
		iotest.HalfReader(bytes.NewReader(stream)),
	} {
		c, total := replyCounter{sock: onlyReads{Reader: source}, buf: make([]byte, 256)}, 0
		for {
			n, err := c.next()
			total += n
			if err != nil {
				break
			}
		}
		if total != 10 {
			t.Errorf("%T: %d replies, want 10", source, total)
		}
	}
}

func TestReplyCounter_SeesRejections(t *testing.T) {
	t.Parallel()
	c := replyCounter{sock: onlyReads{Reader: bytes.NewReader(zkpeer.ReplyFrame(1, 1, -101, nil))}, buf: make([]byte, 256)}
	if _, err := c.next(); !errors.Is(err, errRejected) {
		t.Error(err)
	}
}

func TestCompare_TellsMoreAndLess(t *testing.T) {
	t.Parallel()
	const recorded = "op=get 2 allocs/op 336 B/op"
	for measured, same := range map[string]bool{
		recorded:                       true,
		"op=get 2 allocs/op 340 B/op":  true,
		"op=get 3 allocs/op 336 B/op":  false,
		"op=get 1 allocs/op 336 B/op":  false,
		"op=get 2 allocs/op 360 B/op":  false,
		"op=get 2 allocs/op 224 B/op":  false,
		"op=set 2 allocs/op 336 B/op":  false,
		"op=get 20 allocs/op 336 B/op": false,
	} {
		if err := compare([]string{recorded}, []string{measured}); (err == nil) != same {
			t.Errorf("%s: %v", measured, err)
		}
	}
	if compare([]string{recorded}, nil) == nil || compare(nil, []string{recorded}) == nil {
		t.Error("a missing line is not noticed")
	}
}

func TestReport_IsWhole(t *testing.T) {
	t.Parallel()
	r := &report{settings: settings{dir: t.TempDir(), rounds: 2}}
	for _, server := range serverKinds {
		for i, depth := range []int{1, 16, 256} {
			p := base
			p.depth = depth
			x := r.row(server, clientAsync, p)
			x.costs = costs{{perSecond: float64(100 + i), cpu: 5}, {perSecond: float64(200 + i), cpu: 7}}
		}
	}
	var b strings.Builder
	r.writePoints(&b, serverReplay)
	if !strings.Contains(b.String(), "| zkasync | 150 (100–200) | 6 (5–7) |") {
		t.Errorf("table:\n%s", &b)
	}
	if err := r.write(); err != nil {
		t.Fatal(err)
	}
	for _, target := range r.targets() {
		if target.known {
			t.Errorf("%s: known without a measurement", target.what)
		}
	}
	svg := plot("title", "unit", r.byDepth(serverReplay, perSecond))
	if err := xml.Unmarshal([]byte(svg), new(struct{})); err != nil || strings.Contains(svg, "NaN") {
		t.Errorf("%v in:\n%s", err, svg)
	}
}

func TestBare_EncodesWholeFrames(t *testing.T) {
	t.Parallel()
	for _, p := range plan() {
		f := newFrames(newLoad(p))
		n := 0
		for b := f.some(f.count); len(b) > 0; n++ {
			b = b[4+binary.BigEndian.Uint32(b):]
		}
		if n != f.count*f.perOp {
			t.Errorf("%s: %d frames, want %d", p.name(), n, f.count*f.perOp)
		}
	}
}
