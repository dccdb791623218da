package zkasync_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkpeer"
	"github.com/zkasync/zkasync-go/internal/wire"
	"github.com/zkasync/zkasync-go/zkasync"
)

const (
	benchPath = "/bench/node"
	benchData = 100 // bytes of the znode
	// benchWorkers is the size of the pool of goroutines that go-zookeeper is used with.
	benchWorkers = 16
)

// benchDepths are how many requests are in flight.
var benchDepths = []int{1, 16, 256, 4096}

// BenchmarkGet reads from a server in another process that answers at once, so that nearly all of the time is the client's. It
// also reports the client's CPU time, which is what a program pays. It compares this client, with its results taken in three
// ways; go-zookeeper, with a goroutine for each call and with a pool; and, as the limit of what is possible, a bare socket to
// which frames are written that were encoded before.
func BenchmarkGet(b *testing.B) {
	addr := zkpeer.StartReplayProcess(b, zkpeer.Replay{DataSize: benchData})
	for _, depth := range benchDepths {
		for _, way := range []struct {
			name string
			run  func(b *testing.B, c *zkasync.Client, n, depth int)
		}{
			{"callback", getByCallback}, {"Get", getByGet}, {"Done", getByDone},
		} {
			b.Run(fmt.Sprintf("client=zkasync/result=%s/depth=%d", way.name, depth), func(b *testing.B) {
				c := connect(b, addr)
				measure(b, func(n int) { way.run(b, c, n, depth) })
			})
		}
		b.Run(fmt.Sprintf("client=go-zookeeper/result=goroutines/depth=%d", depth), func(b *testing.B) {
			conn := connectZK(b, addr)
			measure(b, func(n int) { getByGoroutines(b, conn, n, depth) })
		})
		b.Run(fmt.Sprintf("client=socket/result=bytes/depth=%d", depth), func(b *testing.B) {
			s := dialSocket(b, addr)
			measure(b, func(n int) { s.get(b, n, depth) })
		})
	}
	b.Run(fmt.Sprintf("client=go-zookeeper/result=workers/depth=%d", benchWorkers), func(b *testing.B) {
		conn := connectZK(b, addr)
		measure(b, func(n int) { getByWorkers(b, conn, n, benchWorkers) })
	})
}

// measure runs b.N operations and reports the CPU time that they took.
func measure(b *testing.B, run func(n int)) {
	b.ReportAllocs()
	b.ResetTimer()
	before, known := cpuTime()
	run(b.N)
	after, _ := cpuTime()
	if known {
		b.ReportMetric(float64(after-before)/float64(b.N), "cpu-ns/op")
	}
}

// getByCallback submits the next request in the callback of each completion.
func getByCallback(b *testing.B, c *zkasync.Client, n, depth int) {
	ctx, all := context.Background(), make(chan struct{})
	submitted, done := min(n, depth), 0 // from now on used only by callbacks, which run one at a time
	var next func(zkasync.Node, error)
	next = func(_ zkasync.Node, err error) {
		if err != nil {
			b.Error(err)
		}
		if done++; done == n {
			close(all)
		}
		if submitted < n {
			submitted++
			c.Get(ctx, benchPath).OnDone(next)
		}
	}
	first := make([]*future.Future[zkasync.Node], submitted)
	for i := range first {
		first[i] = c.Get(ctx, benchPath)
	}
	for _, f := range first {
		f.OnDone(next)
	}
	<-all
}

// getByGet waits for the oldest request with Get.
func getByGet(b *testing.B, c *zkasync.Client, n, depth int) {
	getOldestFirst(b, c, n, depth, func(f *future.Future[zkasync.Node]) error {
		_, err := f.Get(context.Background())
		return err
	})
}

// getByDone waits for the oldest request with Done.
func getByDone(b *testing.B, c *zkasync.Client, n, depth int) {
	getOldestFirst(b, c, n, depth, func(f *future.Future[zkasync.Node]) error {
		<-f.Done()
		_, err := f.Result()
		return err
	})
}

func getOldestFirst(b *testing.B, c *zkasync.Client, n, depth int, wait func(*future.Future[zkasync.Node]) error) {
	ctx, window := context.Background(), make([]*future.Future[zkasync.Node], depth)
	for i := range n + depth {
		slot := &window[i%depth]
		if *slot != nil {
			if err := wait(*slot); err != nil {
				b.Fatal(err)
			}
			*slot = nil
		}
		if i < n {
			*slot = c.Get(ctx, benchPath)
		}
	}
}

// connectZK returns a connection of go-zookeeper, which is closed at the end of the benchmark.
func connectZK(b *testing.B, addr string) *zk.Conn {
	b.Helper()
	conn, events, err := zk.Connect([]string{addr}, 10*time.Second, zk.WithLogInfo(false))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		conn.Close()
		for range events { // closed when its goroutines have ended
		}
	})
	if _, _, err := conn.Get(benchPath); err != nil {
		b.Fatal(err)
	}
	return conn
}

// getByGoroutines makes each call on a goroutine of its own.
func getByGoroutines(b *testing.B, conn *zk.Conn, n, depth int) {
	var calling sync.WaitGroup
	room := make(chan struct{}, depth)
	for range n {
		room <- struct{}{}
		calling.Go(func() {
			if _, _, err := conn.Get(benchPath); err != nil {
				b.Error(err)
			}
			<-room
		})
	}
	calling.Wait()
}

// getByWorkers makes the calls on a pool of goroutines.
func getByWorkers(b *testing.B, conn *zk.Conn, n, workers int) {
	var calling sync.WaitGroup
	for i := range workers {
		calling.Go(func() {
			for range (n + i) / workers {
				if _, _, err := conn.Get(benchPath); err != nil {
					b.Error(err)
				}
			}
		})
	}
	calling.Wait()
}

// socket is a bare connection.
type socket struct {
	net.Conn
	in []byte
}

func dialSocket(b *testing.B, addr string) *socket {
	b.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close() })
	hello := wire.ConnectRequest{Timeout: 10_000, Password: make([]byte, 16)}
	if _, err := conn.Write(zkpeer.Frame(wire.AppendConnectRequest(nil, &hello))); err != nil {
		b.Fatal(err)
	}
	const response = 4 + 4 + 4 + 8 + 4 + 16 + 1
	if _, err := io.ReadFull(conn, make([]byte, response)); err != nil {
		b.Fatal(err)
	}
	return &socket{conn, make([]byte, 64<<10)}
}

// get writes depth requests at once and reads their replies, again and again.
func (s *socket) get(b *testing.B, n, depth int) {
	record := wire.AppendPathWatch(wire.AppendRequestHeader(nil, 1, wire.OpGetData), "", benchPath, false)
	request := zkpeer.Frame(record)
	var batch []byte
	for range depth {
		batch = append(batch, request...)
	}
	const reply = 4 + wire.HeaderLen + 4 + benchData + 68
	for n > 0 {
		k := min(n, depth)
		if _, err := s.Write(batch[:k*len(request)]); err != nil {
			b.Fatal(err)
		}
		for left := k * reply; left > 0; {
			got, err := s.Read(s.in)
			if err != nil {
				b.Fatal(err)
			}
			left -= got
		}
		n -= k
	}
}

// TestGet_AllocatesLittle counts what all goroutines of the client allocate for a get.
func TestGet_AllocatesLittle(t *testing.T) {
	const runs, depth, most = 100, 256, 4
	c := connect(t, zkpeer.StartReplayProcess(t, zkpeer.Replay{DataSize: benchData}))
	fs := make([]*future.Future[zkasync.Node], depth)
	allocs := testing.AllocsPerRun(runs, func() {
		for i := range fs {
			fs[i] = c.Get(t.Context(), benchPath)
		}
		for _, f := range fs {
			if _, err := f.Get(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
	if perGet := allocs / depth; perGet > most {
		t.Errorf("%.2f allocations for each get, want at most %d", perGet, most)
	}
}
