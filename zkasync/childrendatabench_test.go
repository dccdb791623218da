package zkasync_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/future"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// BenchmarkChildrenData reads 10,000 children of 100 B with a client whose gets travel together, and with one whose gets do not, in
// turns.
func BenchmarkChildrenData(b *testing.B) {
	const children = 10_000
	addr := zkserver.Run(b, zkserver.WithHeap("1g")).Addr()
	clients := map[string]*zkasync.Client{
		"together":   connect(b, addr, zkasync.WithSessionTimeout(30*time.Second)),
		"one-by-one": connect(b, addr, zkasync.WithSessionTimeout(30*time.Second), zkasync.WithCoalescedReads(false)),
	}
	bulk := clients["together"].Bulk(b.Context())
	must(b, clients["together"].EnsurePath(b.Context(), "/parent"))
	var made []*future.Future[zkasync.Created]
	for i := range children {
		made = append(made, bulk.Create(fmt.Sprintf("/parent/%d", i), make([]byte, 100)))
	}
	must(b, future.All(made...))
	took := make(map[string]time.Duration)
	for b.Loop() {
		for name, c := range clients {
			begin := time.Now()
			if all := must(b, c.ChildrenData(b.Context(), "/parent")); len(all) != children {
				b.Fatalf("%d children", len(all))
			}
			took[name] += time.Since(begin)
		}
	}
	for name, d := range took {
		b.ReportMetric(d.Seconds()*1e3/float64(b.N), name+"-ms")
	}
	b.ReportMetric(took["one-by-one"].Seconds()/took["together"].Seconds(), "ratio")
}
