package transfer

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(check.Main(m)) }

// connect returns a client of the shared server, which is closed at the end of the test.
func connect(t *testing.T, opts ...zkasync.Option) *zkasync.Client {
	t.Helper()
	return connectTo(t, zkserver.Shared(t).Addr(), opts...)
}

func connectTo(t *testing.T, servers string, opts ...zkasync.Option) *zkasync.Client {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	c, err := zkasync.Connect(ctx, servers, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return c
}

// watcher is a Progress for tests. It adds up what it is told, and calls after for each thing that is done.
type watcher struct {
	found, done, foundBytes, doneBytes int64
	skipped                            []Item
	after                              func(done int64)
}

func (w *watcher) Found(things, bytes int64) { w.found += things; w.foundBytes += bytes }
func (w *watcher) Skipped(item Item)         { w.skipped = append(w.skipped, item) }
func (w *watcher) Done(bytes int64) {
	w.done++
	w.doneBytes += bytes
	if w.after != nil {
		w.after(w.done)
	}
}

// modest returns options with which even a small tree fills the window many times.
func modest(p Progress) Options {
	return Options{Depth: 8, Bytes: 64 << 10, MaxRequest: 0xfffff, Patience: 10 * time.Second, Progress: p}
}

// roomForEight is like modest, but for exports, in which each request counts as much as the largest possible znode.
func roomForEight(p Progress) Options {
	o := modest(p)
	o.Bytes = 8 * int64(o.MaxRequest)
	return o
}

// tree is a directory for tests: contents by path. A path that ends with a slash is a directory.
type tree map[string]string

func (tr tree) write(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, contents := range tr {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if strings.HasSuffix(name, "/") {
			must(t, os.MkdirAll(path, 0o755))
			continue
		}
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.WriteFile(path, []byte(contents), 0o644))
	}
	return dir
}

// readTree returns the files and directories in dir, at all depths.
func readTree(t *testing.T, dir string) tree {
	t.Helper()
	tr := tree{}
	must(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if entry.IsDir() {
			tr[name+"/"] = ""
			return nil
		}
		contents, err := os.ReadFile(path)
		tr[name] = string(contents)
		return err
	}))
	return tr
}

// sameTree fails the test unless the trees are the same.
func sameTree(t *testing.T, got, want tree) {
	t.Helper()
	for name, contents := range want {
		switch found, ok := got[name]; {
		case !ok:
			t.Errorf("%q is missing", name)
		case found != contents:
			t.Errorf("%q has %d bytes, which differ from the %d expected ones", name, len(found), len(contents))
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%q should not be there", name)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// complete fails the test unless the transfer has copied everything.
func complete(t *testing.T, r Report, err error) {
	t.Helper()
	if err != nil || len(r.Skipped) > 0 || len(r.Unfinished) > 0 || r.NotBegun != 0 {
		t.Fatalf("not complete: %+v, %v", r, err)
	}
}

// reasons returns the reasons by the base names of the items.
func reasons(items []Item) map[string]string {
	m := map[string]string{}
	for _, item := range items {
		m[filepath.Base(item.Name)] = item.Reason
	}
	return m
}
