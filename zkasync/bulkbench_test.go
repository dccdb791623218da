package zkasync_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

const (
	bulkFolders = 100
	bulkZnodes  = 100_000
	bulkDepth   = 4096 // writes in flight
)

// waiter is a future of any type.
type waiter interface{ Done() <-chan struct{} }

// BenchmarkBulk compares creates and deletes of 100,000 znodes of 100 bytes, one by one and in bulk. The two take turns on a real
// server.
func BenchmarkBulk(b *testing.B) {
	c := connect(b, zkserver.Run(b, zkserver.WithHeap("1g")).Addr(), zkasync.WithSessionTimeout(30*time.Second))
	data := make([]byte, 100)
	took := make(map[string]time.Duration)
	for b.Loop() {
		for _, root := range []string{"/single", "/bulk"} {
			for i := range bulkFolders {
				must(b, c.EnsurePath(b.Context(), fmt.Sprintf("%s/%d", root, i)))
			}
		}
		path := func(root string, i int) string { return fmt.Sprintf("%s/%d/node-%d", root, i%bulkFolders, i) }
		bulk := c.Bulk(b.Context())
		took["creates"] += inFlight(func(i int) waiter { return c.Create(b.Context(), path("/single", i), data) })
		took["bulk-creates"] += inFlight(func(i int) waiter { return bulk.Create(path("/bulk", i), data) })
		took["deletes"] += inFlight(func(i int) waiter { return c.Delete(b.Context(), path("/single", i), zkasync.AnyVersion) })
		begin := time.Now()
		if n := must(b, c.DeleteAll(b.Context(), "/bulk")); n != bulkZnodes+bulkFolders+1 {
			b.Fatalf("%d deleted", n)
		}
		took["deleteall"] += time.Since(begin)
		must(b, c.DeleteAll(b.Context(), "/single"))
	}
	for name, d := range took {
		b.ReportMetric(float64(b.N)*bulkZnodes/d.Seconds(), name+"/s")
	}
	b.ReportMetric(took["creates"].Seconds()/took["bulk-creates"].Seconds(), "create-ratio")
	b.ReportMetric(took["deletes"].Seconds()/took["deleteall"].Seconds(), "delete-ratio")
}

// inFlight makes all writes, with up to bulkDepth in flight, and returns how long they took.
func inFlight(write func(i int) waiter) time.Duration {
	begin := time.Now()
	var all []waiter
	for i := range bulkZnodes {
		if i >= bulkDepth {
			<-all[i-bulkDepth].Done()
		}
		all = append(all, write(i))
	}
	for _, w := range all[len(all)-bulkDepth:] {
		<-w.Done()
	}
	return time.Since(begin)
}
