package main

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/cmd/zkdemo/internal/transfer"
)

// writeFiles creates a directory with these files in it. A name that ends with a slash is a directory.
func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, contents := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		var err error
		if strings.HasSuffix(name, "/") {
			err = os.MkdirAll(path, 0o755)
		} else if err = os.MkdirAll(filepath.Dir(path), 0o755); err == nil {
			err = os.WriteFile(path, []byte(contents), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func readFile(t *testing.T, elem ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(elem...))
	if err != nil {
		t.Error(err)
	}
	return string(data)
}

// reportJSON is what import and export print with --json.
type reportJSON struct {
	transfer.Report
	Seconds float64 `json:"seconds"`
}

func TestTransfer_ThereAndBack(t *testing.T) {
	t.Parallel()
	server, _ := place(t)
	dir := writeFiles(t, map[string]string{"conf": "a=1\r\n", "empty": "", "bin": "\x00\xff", "none/": "", "d/e/f": "deep"})
	r := zkdemo(t, "import", dir, "/conf", server).expect(t, exitOK)
	says(t, r.out, "imported 4 files (11 B), 4 directories in ")
	r = zkdemo(t, "import", dir, "/conf", server).expect(t, exitOK)
	says(t, r.out, "imported 0 files (0 B), 0 directories, 8 there already in ")
	back := filepath.Join(t.TempDir(), "new", "dir")
	r = zkdemo(t, "export", "/conf", back, server).expect(t, exitOK)
	says(t, r.out, "exported 4 files (11 B), 4 directories in ")
	for name, want := range map[string]string{"conf": "a=1\r\n", "empty": "", "bin": "\x00\xff", "d/e/f": "deep"} {
		if got := readFile(t, back, name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if info, err := os.Stat(filepath.Join(back, "none")); err != nil || !info.IsDir() {
		t.Errorf("the empty directory: %v, %v", info, err)
	}
	v := parse[reportJSON](t, zkdemo(t, "export", "/conf", back, server, "--json", "-q").expect(t, exitOK).out)
	if v.Unchanged != 8 || v.Files != 0 || v.Skipped == nil || v.Unfinished == nil || v.Seconds <= 0 {
		t.Errorf("JSON: %+v", v)
	}
}

func TestTransfer_ToAnArchive(t *testing.T) {
	t.Parallel()
	server, _ := place(t)
	dir := writeFiles(t, map[string]string{"conf": "a=1", "none/": "", "d/e/f": "deep"})
	zkdemo(t, "import", dir, "/conf", server).expect(t, exitOK)
	parent := t.TempDir()
	file := filepath.Join(parent, "conf.tar")
	r := zkdemo(t, "export", "/conf", file, "--tar", server).expect(t, exitOK)
	says(t, r.out, "exported 2 files (7 B), 4 directories in ")
	r = zkdemo(t, "export", "/conf", file, "--tar", server).expect(t, exitUsage)
	says(t, r.err, file+": it exists already (--overwrite replaces it)")
	zkdemo(t, "export", "/conf", file, "--tar", "--overwrite", server).expect(t, exitOK)
	zkdemo(t, "export", "/missing", filepath.Join(parent, "missing.tar"), "--tar", server).expect(t, exitFailed)
	if there, err := os.ReadDir(parent); err != nil || len(there) != 1 {
		t.Errorf("%d entries in the directory beside the archive, %v", len(there)-1, err)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var names []string
	for archive := tar.NewReader(f); ; {
		header, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, header.Name)
	}
	slices.Sort(names)
	if want := []string{"conf", "d/", "d/e/", "d/e/f", "none/"}; !slices.Equal(names, want) {
		t.Errorf("archive of %q, want %q", names, want)
	}
}

func TestTransfer_SkippingHasAnExitCodeOfItsOwn(t *testing.T) {
	t.Parallel()
	server, _ := place(t)
	dir := writeFiles(t, map[string]string{"good": "1", "smile\U0001F600": "2", "huge": strings.Repeat("x", 1<<20)})
	r := zkdemo(t, "import", dir, "/x", server).expect(t, exitSkipped)
	says(t, r.err, "skipped "+filepath.Join(dir, "huge"), "jute.maxbuffer", "U+1F600", "zkdemo: 2 items were skipped")
	says(t, r.out, "1 file (1 B)", "2 skipped")
	v := parse[reportJSON](t, zkdemo(t, "import", dir, "/x", server, "--json").expect(t, exitSkipped).out)
	if len(v.Skipped) != 2 || v.Unchanged != 2 {
		t.Errorf("JSON: %+v", v)
	}
	out := t.TempDir()
	if err := os.WriteFile(filepath.Join(out, "good"), []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	r = zkdemo(t, "export", "/x", out, server).expect(t, exitSkipped)
	says(t, r.err, "skipped /x/good: a file of that name exists with other contents", "1 item was skipped")
	zkdemo(t, "export", "/x", out, server, "--overwrite").expect(t, exitOK)
	if got := readFile(t, out, "good"); got != "1" {
		t.Errorf("overwritten with %q", got)
	}
}

func TestTransfer_InterruptedAndFinished(t *testing.T) {
	t.Parallel()
	server, c := place(t)
	files := map[string]string{}
	for i := range 3000 {
		files[fmt.Sprintf("d%d/f%d", i%10, i)] = fmt.Sprint(i)
	}
	dir := writeFiles(t, files)
	r := start(t, "import", dir, "/x", server, "--depth", "1")
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); { // until a first znode is there
		if stat, err := c.Exists(t.Context(), "/x/d0").Get(t.Context()); err == nil && stat != nil {
			break
		}
	}
	cut := r.interrupt(t).expect(t, exitInterrupted)
	says(t, cut.out, "not begun")
	says(t, cut.err, "zkdemo: interrupted")
	says(t, zkdemo(t, "import", dir, "/x", server).expect(t, exitOK).out, "there already")
	back := t.TempDir()
	zkdemo(t, "export", "/x", back, server).expect(t, exitOK)
	for name, want := range files {
		if got := readFile(t, back, name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestProgress_WritesPlainLinesAwayFromATerminal(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	progress, finish := newProgress(&out, "imported", false)
	lines := progress.(*lineProgress)
	progress.Found(2000, 1<<20)
	progress.Done(100)
	if out.Len() > 0 {
		t.Errorf("a line too early: %q", out.String())
	}
	lines.last = time.Now().Add(-linePause)
	progress.Done(1 << 19)
	progress.Skipped(transfer.Item{Name: "a\x1b", Reason: "because"})
	finish()
	if got, want := out.String(), "imported 2 of 2,000, 512.1 KiB of 1.0 MiB\nskipped \"a\\x1b\": because\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	out.Reset()
	quiet, finish := newProgress(&out, "imported", true)
	quiet.(*lineProgress).last = time.Now().Add(-linePause)
	quiet.Done(1)
	finish()
	if out.Len() > 0 {
		t.Errorf("quiet: %q", out.String())
	}
}

func TestProgress_DrawsABar(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	bar := newBarProgress(&out, "exported")
	bar.Found(10, 1000)
	bar.Done(100)
	says(t, out.String(), "exported 100 B", "(1/10")
	bar.drawn = time.Time{}
	bar.Found(90, 0) // found later, so the total grows
	bar.Done(0)
	says(t, out.String(), "(2/100")
	bar.Skipped(transfer.Item{Name: "x", Reason: "because"})
	says(t, out.String(), "skipped x: because\n")
	bar.finish()
}
