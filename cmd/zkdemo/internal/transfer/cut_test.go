package transfer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/pipeline"
	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

var errStop = errors.New("the test interrupts")

// interruptedAfter returns a context, and a progress that ends the context after n things.
func interruptedAfter(t *testing.T, n int64) (context.Context, *watcher) {
	ctx, stop := context.WithCancelCause(t.Context())
	t.Cleanup(func() { stop(nil) })
	return ctx, &watcher{after: func(done int64) {
		if done == n {
			stop(errStop)
		}
	}}
}

// manyFiles has folders, files and empty folders, many more than fit into one window of modest.
func manyFiles() tree {
	tr := tree{}
	for d := range 20 {
		for f := range 20 {
			tr[fmt.Sprintf("d%02d/f%02d", d, f)] = strings.Repeat(fmt.Sprint(f), d*50)
		}
		tr[fmt.Sprintf("d%02d/empty/", d)] = ""
	}
	return tr
}

func TestImport_GoesOnAfterAnInterruption(t *testing.T) {
	t.Parallel()
	c, target, source := connect(t), zkserver.Root(t), manyFiles().write(t)
	var unchanged int64
	for _, n := range []int64{1, 30, 200} {
		ctx, progress := interruptedAfter(t, n)
		report, err := Import(ctx, c, source, target, modest(progress))
		if !errors.Is(err, errStop) {
			t.Fatalf("after %d things: %v", n, err)
		}
		if report.NotBegun == 0 || len(report.Skipped) > 0 {
			t.Errorf("after %d things: %+v", n, report)
		}
		checkAccount(t, report, 1+20+20*21)
		unchanged = max(unchanged, report.Unchanged)
	}
	if unchanged == 0 {
		t.Error("no run found anything that an earlier one had copied")
	}
	report, err := Import(t.Context(), c, source, target, modest(&watcher{}))
	complete(t, report, err)
	back := t.TempDir()
	report, err = Export(t.Context(), c, target, back, roomForEight(&watcher{}))
	complete(t, report, err)
	sameTree(t, readTree(t, back), readTree(t, source))
}

// checkAccount fails the test unless the report accounts for all of total things. A directory that is unfinished because
// nothing in it has been copied yet also counts as copied itself.
func checkAccount(t *testing.T, r Report, total int64) {
	t.Helper()
	known := r.Directories + r.Files + r.Unchanged + int64(len(r.Skipped)) + r.NotBegun
	for _, item := range r.Unfinished {
		if !strings.Contains(item.Reason, "empty file") {
			known++
		}
	}
	if known != total {
		t.Errorf("the report accounts for %d of %d things: %+v", known, total, r)
	}
}

func TestImport_NamesWhatItLeavesUnfinished(t *testing.T) {
	t.Parallel()
	c, target, source := connect(t), zkserver.Root(t), tree{"a/b/c/d/e/f": "x"}.write(t)
	for n := int64(1); n < 7; n++ {
		ctx, progress := interruptedAfter(t, n)
		o := modest(progress)
		o.Depth = 1
		report, err := Import(ctx, c, source, fmt.Sprintf("%s-%d", target, n), o)
		if !errors.Is(err, errStop) {
			t.Fatalf("after %d things: %v", n, err)
		}
		if len(report.Unfinished) == 0 { // the deepest directory so far looks like an empty file
			t.Errorf("after %d things the report has nothing unfinished: %+v", n, report)
		}
	}
}

func TestExport_GoesOnAfterAnInterruption(t *testing.T) {
	t.Parallel()
	c, from, source, back := connect(t), zkserver.Root(t), manyFiles().write(t), t.TempDir()
	report, err := Import(t.Context(), c, source, from, modest(&watcher{}))
	complete(t, report, err)
	want := readTree(t, source)
	for _, n := range []int64{1, 30, 200} {
		ctx, progress := interruptedAfter(t, n)
		report, err := Export(ctx, c, from, back, roomForEight(progress))
		if !errors.Is(err, errStop) {
			t.Fatalf("after %d things: %v", n, err)
		}
		for name, contents := range readTree(t, back) {
			if full, ok := want[name]; !ok || contents != full {
				t.Errorf("after %d things %q exists, but has wrong contents", n, name)
			}
		}
		if report.NotBegun == 0 && len(report.Unfinished) == 0 {
			t.Errorf("after %d things the report has nothing left: %+v", n, report)
		}
	}
	report, err = Export(t.Context(), c, from, back, roomForEight(&watcher{}))
	complete(t, report, err)
	if report.Unchanged < 150 {
		t.Errorf("only %d things were found unchanged", report.Unchanged)
	}
	sameTree(t, readTree(t, back), want)
}

// cutter dials connections, the first few of which break after a number of writes.
type cutter struct {
	mu   sync.Mutex
	left int // how many more connections will break
	all  int // how many have been dialled
}

const writesBeforeCut = 25

func (k *cutter) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all++
	if k.left == 0 {
		return conn, nil
	}
	k.left--
	return &brittle{Conn: conn, writes: writesBeforeCut}, nil
}

// brittle breaks after a number of writes. The last one still gets through, so that its outcome is unknown.
type brittle struct {
	net.Conn
	mu     sync.Mutex
	writes int
}

func (b *brittle) Write(p []byte) (int, error) {
	n, err := b.Conn.Write(p)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.writes--; b.writes == 0 {
		_ = b.Close()
	}
	return n, err
}

func TestRoundTrip_SurvivesConnectionLosses(t *testing.T) {
	t.Parallel()
	const losses = 3
	source, target, back := manyFiles().write(t), zkserver.Root(t), t.TempDir()
	in := &cutter{left: losses}
	report, err := Import(t.Context(), connect(t, zkasync.WithDialer(in.dial)), source, target, modest(&watcher{}))
	complete(t, report, err)
	out := &cutter{left: losses}
	report, err = Export(t.Context(), connect(t, zkasync.WithDialer(out.dial)), target, back, roomForEight(&watcher{}))
	complete(t, report, err)
	if in.left > 0 || out.left > 0 {
		t.Errorf("the connections did not break: import dialled %d times, export %d", in.all, out.all)
	}
	sameTree(t, readTree(t, back), readTree(t, source))
}

func TestImport_SinglesOutTheFileThatTheServerRefuses(t *testing.T) {
	t.Parallel()
	const limit = 20_000
	server := check.Run(t, check.MaxRequestSize(limit))
	c := connectTo(t, server.Addr())
	tr := manyFiles()
	tr["d10/large"] = strings.Repeat("x", 2*limit) // the client does not know the server's limit
	source, target, back := tr.write(t), zkserver.Root(t), t.TempDir()
	report, err := Import(t.Context(), c, source, target, modest(&watcher{}))
	must(t, err)
	said := reasons(report.Skipped)
	if len(said) != 1 || !strings.Contains(said["large"], "jute.maxbuffer") {
		t.Fatalf("skipped: %v", said)
	}
	report, err = Export(t.Context(), c, target, back, roomForEight(&watcher{}))
	complete(t, report, err)
	want := readTree(t, source)
	delete(want, "d10/large")
	sameTree(t, readTree(t, back), want)
}

func TestTransfer_GivesUpOnASilentServer(t *testing.T) {
	t.Parallel()
	server := check.Run(t)
	c := connectTo(t, server.Addr())
	source, target := manyFiles().write(t), zkserver.Root(t)
	frozen := false
	o := modest(nil)
	o.Patience = time.Second
	o.Progress = &watcher{after: func(done int64) {
		if done == 50 && !frozen {
			frozen = true
			must(t, server.Freeze())
		}
	}}
	report, err := Import(t.Context(), c, source, target, o)
	must(t, server.Continue())
	if !errors.Is(err, pipeline.ErrNoAnswer) {
		t.Fatalf("a silent server: %v", err)
	}
	if len(report.Unfinished) == 0 || report.NotBegun == 0 {
		t.Errorf("the report has nothing left: %+v", report)
	}
	for _, item := range report.Unfinished {
		if !strings.HasPrefix(item.Name, path.Clean(source)) {
			t.Errorf("%q is not in the source", item.Name)
		}
	}
}
