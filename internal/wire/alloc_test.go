package wire

import (
	"fmt"
	"math"
	"runtime"
	"testing"

	"github.com/go-zookeeper/zk"
)

// The tests in this file count allocations, so they do not run in parallel.

func TestAppend_IntoABigEnoughBufferAllocatesNothing(t *testing.T) {
	buffer := make([]byte, 0, 4096)
	for _, v := range vectors {
		if n := testing.AllocsPerRun(100, func() { v.append(buffer) }); n != 0 {
			t.Errorf("%s: %v allocations, want 0", v.name, n)
		}
	}
}

func TestDecode_AllocatesOnlyItsResult(t *testing.T) {
	var st zk.Stat
	for _, tc := range []struct {
		name   string
		body   []byte
		decode func(body []byte) error
		want   float64
	}{
		{"stat", AppendStat(nil, &someStat), func(b []byte) error { _, err := DecodeStat(b, &st); return err }, 0},
		{"data", AppendBuffer(nil, make([]byte, 1024)), func(b []byte) error { _, _, err := DecodeData(b); return err }, 1},
		{"null data", AppendBuffer(nil, nil), func(b []byte) error { _, _, err := DecodeData(b); return err }, 0},
		{"strings", AppendStrings(nil, make([]string, 100)), func(b []byte) error { _, _, err := DecodeStrings(b); return err }, 2},
		{"reply header", AppendReplyHeader(nil, ReplyHeader{}), func(b []byte) error { _, err := DecodeReplyHeader(b); return err }, 0},
		{"multi header", AppendMultiHeader(nil, OpCheck, false, 0), func(b []byte) error { _, _, _, _, err := DecodeMultiHeader(b); return err }, 0},
	} {
		var err error
		if n := testing.AllocsPerRun(100, func() { err = tc.decode(tc.body) }); n != tc.want || err != nil {
			t.Errorf("%s: %v allocations, want %v; error %v", tc.name, n, tc.want, err)
		}
	}
}

// A claim of two billion elements costs no more than the error that it causes.
func TestDecode_ClaimedLengthIsNotAllocated(t *testing.T) {
	const limit = 4096
	for _, d := range decoders {
		for _, vector := range badLengths[d.name] {
			body := unhex(t, vector)
			if n := allocated(func() { _, _, _ = d.decode(body) }); n > limit {
				t.Errorf("%s/%s: %d bytes allocated, want at most %d", d.name, vector, n, limit)
			}
		}
	}
}

// allocated returns how many bytes fn allocates. Other goroutines that run meanwhile are measured too, so fn is called several
// times and the least result counts.
func allocated(fn func()) uint64 {
	least := uint64(math.MaxUint64)
	for range 5 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		fn()
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}

func BenchmarkAppendGet(b *testing.B) {
	buffer := make([]byte, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		frame, start := BeginFrame(buffer)
		frame = AppendRequestHeader(frame, 1, OpGetData)
		frame = AppendPathWatch(frame, "/app", "/some/znode", false)
		EndFrame(frame, start)
	}
}

func BenchmarkAppendCreate(b *testing.B) {
	buffer := make([]byte, 0, 2048)
	data := make([]byte, 1024)
	b.ReportAllocs()
	for b.Loop() {
		frame, start := BeginFrame(buffer)
		frame = AppendRequestHeader(frame, 1, OpCreate2)
		frame = AppendCreate(frame, "/app", "/some/znode", data, worldACL, 0)
		EndFrame(frame, start)
	}
}

func BenchmarkDecodeStat(b *testing.B) {
	body := AppendStat(nil, &someStat)
	var st zk.Stat
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeStat(body, &st); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeGetReply(b *testing.B) {
	frame := AppendReplyHeader(nil, ReplyHeader{Xid: 1})
	frame = AppendBuffer(frame, make([]byte, 64))
	frame = AppendStat(frame, &someStat)
	var st zk.Stat
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeReplyHeader(frame); err != nil {
			b.Fatal(err)
		}
		_, rest, err := DecodeData(frame[HeaderLen:])
		if err != nil {
			b.Fatal(err)
		}
		if _, err := DecodeStat(rest, &st); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeChildren(b *testing.B) {
	names := make([]string, 1000)
	for i := range names {
		names[i] = fmt.Sprintf("lock-%010d", i)
	}
	body := AppendStrings(nil, names)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := DecodeStrings(body); err != nil {
			b.Fatal(err)
		}
	}
}
