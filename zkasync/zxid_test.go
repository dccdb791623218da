package zkasync_test

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/handler"
	"github.com/zkasync/zkasync-go/internal/testkit/zkproxy"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

// zxids records the zxids in the client's requests and replies that a proxy sees.
type zxids struct {
	t *testing.T

	mu        sync.Mutex
	delivered int64 // the highest of a change whose future has completed
	passed    int64 // the highest of a reply on its way to the client
	offered   int64 // that of the last connect request
	connects  int
	restores  int
}

// toServer checks connect requests, and requests that restore watches.
func (z *zxids) toServer(f zkproxy.Frame) []byte {
	z.mu.Lock()
	defer z.mu.Unlock()
	const connectZxid, op, watchZxid = 8, 8, 12
	switch {
	case f.Index == 0:
		z.connects++
		z.offered = int64(binary.BigEndian.Uint64(f.Bytes[connectZxid:]))
		if z.offered < z.delivered || z.offered > z.passed {
			z.t.Errorf("zxid %#x offered, %#x delivered, %#x sent", z.offered, z.delivered, z.passed)
		}
	case len(f.Bytes) > watchZxid+8:
		code := binary.BigEndian.Uint32(f.Bytes[op:])
		if code != opSetWatches && code != opSetWatches2 {
			break
		}
		z.restores++
		if zxid := int64(binary.BigEndian.Uint64(f.Bytes[watchZxid:])); zxid != z.offered {
			z.t.Errorf("watches restored since %#x, want %#x", zxid, z.offered)
		}
	}
	return f.Bytes
}

// toClient records the zxids of replies.
func (z *zxids) toClient(f zkproxy.Frame) []byte {
	const xid, zxid, header = 4, 8, 20
	if f.Index > 0 && len(f.Bytes) >= header && int32(binary.BigEndian.Uint32(f.Bytes[xid:])) > 0 {
		z.mu.Lock()
		z.passed = max(z.passed, int64(binary.BigEndian.Uint64(f.Bytes[zxid:])))
		z.mu.Unlock()
	}
	return f.Bytes
}

func (z *zxids) deliver(st zk.Stat, err error) {
	if err == nil {
		z.mu.Lock()
		z.delivered = max(z.delivered, st.Mzxid)
		z.mu.Unlock()
	}
}

// Each connection starts where the last one has ended: not before what was delivered, since watches would fire for old changes, and not
// after what the client was told.
func TestZxid_ConnectionsStartWhereTheLastOneEnded(t *testing.T) {
	t.Parallel()
	const cuts, most = 15, 30
	rng := rand.New(rand.NewPCG(14, 0))
	c, twin, p := proxied(t, zkasync.WithHandler(handler.NewInline()), zkasync.WithSessionTimeout(10*time.Second))
	must(t, c.Create(t.Context(), "/a", nil))
	if zkserver.Shared(t).Since("3.6") {
		must(t, c.AddWatch(t.Context(), "/a", zkasync.Persistent))
	}
	must(t, c.ExistsW(t.Context(), "/b"))
	start := must(t, c.Set(t.Context(), "/a", nil, zkasync.AnyVersion)).Mzxid
	z := &zxids{t: t, delivered: start, passed: start}
	p.Rewrite(zkproxy.ToServer, z.toServer)
	p.Rewrite(zkproxy.ToClient, z.toClient)
	for range cuts {
		cut := p.CutAfter(zkproxy.ToClient, rng.IntN(most), rng.IntN(most))
		for struck := false; !struck; {
			select {
			case <-cut:
				struck = true
			default:
				must(t, twin.Set(t.Context(), "/a", nil, zkasync.AnyVersion)) // an event, whose zxid does not count
				set := c.Set(t.Context(), "/a", nil, zkasync.AnyVersion)
				set.OnDone(z.deliver)
				<-set.Done()
			}
		}
	}
	must(t, c.Sync(t.Context(), "/"))
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.connects < cuts/2 || z.restores < cuts/2 {
		t.Errorf("%d connections, %d restorations", z.connects, z.restores)
	}
}
