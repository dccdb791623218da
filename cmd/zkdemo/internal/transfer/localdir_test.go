package transfer

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

func TestCheckLocalName_KnowsWindows(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a", "a.b", ".hidden", "ünï", "CONSOLE", "COM10", "a b", "nul_", "é.txt"} {
		if err := checkLocalName("windows", name); err != nil {
			t.Errorf("windows, %q: %v", name, err)
		}
	}
	for _, name := range []string{
		"a\\b", "..\\x", "a:b", "C:", "a<", "a|b", "a?", "a*", `a"`, "a.", "a ", "CON", "con", "Con.txt", "NUL.tar.gz", "nul .txt",
		"COM1", "lpt9.x", "COM¹", "CONIN$", "a\x01",
	} {
		if checkLocalName("windows", name) == nil {
			t.Errorf("windows takes %q", name)
		}
		if strings.ContainsAny(name, "\x01") {
			continue
		}
		if err := checkLocalName("linux", name); err != nil {
			t.Errorf("linux, %q: %v", name, err)
		}
	}
	for _, goos := range []string{"windows", "linux", "darwin"} {
		for _, name := range []string{"", ".", "..", "a/b", "/", "a\x00", dirMarker, dataFile, partialPrefix + "1"} {
			if checkLocalName(goos, name) == nil {
				t.Errorf("%s takes %q", goos, name)
			}
		}
	}
}

// localTreeFor returns a tree in a new directory.
func localTreeFor(t *testing.T) (*localTree, string) {
	t.Helper()
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	must(t, err)
	t.Cleanup(func() { must(t, root.Close()) })
	return &localTree{root: root, near: nearDir{root: root}}, dir
}

func TestLocalDir_NoticesANameThatTheFileSystemTakesForAnother(t *testing.T) {
	t.Parallel()
	tr, dir := localTreeFor(t)
	top, _, err := tr.openDir(".")
	must(t, err)
	// Act like a file system that ignores case: the name "a" finds the entry "A", and only "A" was listed.
	must(t, os.WriteFile(filepath.Join(dir, "a"), []byte("of A"), 0o644))
	must(t, os.Mkdir(filepath.Join(dir, "d"), 0o755))
	if _, err := tr.writeFile(top, "a", []byte("of a")); err == nil || !strings.Contains(err.Error(), "takes") {
		t.Errorf("a file under another's name: %v", err)
	}
	if _, _, err := tr.subDir(top, "d"); err == nil || !strings.Contains(err.Error(), "takes") {
		t.Errorf("a directory under another's name: %v", err)
	}
	sameTree(t, readTree(t, dir), tree{"a": "of A", "d/": ""})
}

func TestLocalDir_FollowsNoLink(t *testing.T) {
	t.Parallel()
	tr, dir := localTreeFor(t)
	outside := tree{"secret": "x"}.write(t)
	must(t, os.Symlink(outside, filepath.Join(dir, "out")))
	must(t, os.Symlink(filepath.Join(outside, "secret"), filepath.Join(dir, "file")))
	must(t, os.Mkdir(filepath.Join(dir, "real"), 0o755))
	must(t, os.Symlink("real", filepath.Join(dir, "in")))
	top, _, err := tr.openDir(".")
	must(t, err)
	for _, name := range []string{"out", "in"} {
		if _, _, err := tr.subDir(top, name); !errors.Is(err, errNotADirectory) {
			t.Errorf("%s as a directory: %v", name, err)
		}
	}
	tr.overwrite = true
	if _, err := tr.writeFile(top, "file", []byte("changed")); !errors.Is(err, errNotAFile) {
		t.Errorf("a link as a file: %v", err)
	}
	if _, err := tr.writeFile(&localDir{rel: "out", names: map[string]struct{}{}}, "new", []byte("x")); err == nil {
		t.Error("a file was written through a link")
	}
	sameTree(t, readTree(t, outside), tree{"secret": "x"})
}

func TestExport_RefusesNamesOfItsOwnAndForeignFiles(t *testing.T) {
	t.Parallel()
	c, ctx, from := connect(t), t.Context(), zkserver.Root(t)
	for path, data := range map[string]string{
		"/a": "1", "/d/x": "2", "/f": "3", "/" + dataFile: "4", "/" + dirMarker: "5", "/" + partialPrefix + "x": "6",
	} {
		_, err := c.Create(ctx, from+path, []byte(data), zkasync.MakeParents()).Get(ctx)
		must(t, err)
	}
	dir := tree{"a": "mine", "d": "a file", "f/": "", partialPrefix + "9-9": "left behind"}.write(t)
	report, err := Export(ctx, c, from, dir, roomForEight(&watcher{}))
	must(t, err)
	said := reasons(report.Skipped)
	for name, reason := range map[string]string{
		"a": "other contents", "d": "other than a directory", "f": "other than a file",
		dataFile: "reserved for this program", dirMarker: "reserved for this program", partialPrefix + "x": "reserved for this program",
	} {
		if !strings.Contains(said[name], reason) {
			t.Errorf("the reason for %q is %q, want %q in it", name, said[name], reason)
		}
	}
	sameTree(t, readTree(t, dir), tree{"a": "mine", "d": "a file", "f/": ""}) // and the leftover is gone

	o := modest(&watcher{})
	o.Overwrite = true
	_, err = Export(ctx, c, from, dir, o)
	must(t, err)
	sameTree(t, readTree(t, dir), tree{"a": "1", "d": "a file", "f/": ""})
}

func TestExport_NamesWhatIsDeletedMeanwhile(t *testing.T) {
	t.Parallel()
	c, ctx, from, dir := connect(t), t.Context(), zkserver.Root(t), t.TempDir()
	report, err := Import(ctx, c, manyFiles().write(t), from, modest(&watcher{}))
	complete(t, report, err)
	progress := &watcher{after: func(done int64) {
		if done == 100 {
			for _, folder := range []string{"/d18", "/d19"} {
				_, err := c.DeleteAll(ctx, from+folder).Get(ctx)
				must(t, err)
			}
		}
	}}
	report, err = Export(ctx, c, from, dir, roomForEight(progress))
	must(t, err)
	said := reasons(report.Skipped)
	if len(said) != 2 || said["d18"] != errVanished.Error() || said["d19"] != errVanished.Error() {
		t.Errorf("skipped: %v", said)
	}
	if report.Files != 18*20 || report.NotBegun != 0 {
		t.Errorf("%+v", report)
	}
}

func TestExport_OfAMissingZnodeCreatesNoDirectory(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new")
	_, err := Export(t.Context(), connect(t), zkserver.Root(t), dir, roomForEight(&watcher{}))
	if err == nil || !strings.Contains(err.Error(), "node does not exist") {
		t.Errorf("export of a missing znode: %v", err)
	}
	if _, err := os.Lstat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the directory: %v", err)
	}
}
