package transfer

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-zookeeper/zk"

	"github.com/zkasync/zkasync-go/internal/testkit/check"
	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

func TestImport_SkipsAndNamesWhatCannotBeAZnode(t *testing.T) {
	t.Parallel()
	c, target := connect(t), zkserver.Root(t)
	source := tree{
		"good":                "x",
		"smile\U0001F600":     "1",
		"huge":                strings.Repeat("x", 1<<20),
		"edge":                strings.Repeat("x", 0xfffff-8), // its size fits, but not together with its path
		dirMarker:             "2",
		partialPrefix + "1-1": "3",
		"sub/" + dataFile:     "", // an empty file for the data of a directory
		"sub/x":               "4",
		"only/huge":           strings.Repeat("x", 1<<20),
	}.write(t)
	must(t, os.Symlink("good", filepath.Join(source, "link")))
	must(t, os.Symlink("nowhere", filepath.Join(source, "dangling")))
	report, err := Import(t.Context(), c, source, target, modest(&watcher{}))
	must(t, err)
	said := reasons(report.Skipped)
	for name, reason := range map[string]string{
		"smile\U0001F600": "U+1F600", "huge": "jute.maxbuffer", "edge": "1048575", dirMarker: "reserved for this program",
		partialPrefix + "1-1": "reserved for this program", dataFile: "empty", "link": "symbolic link", "dangling": "symbolic link",
	} {
		if !strings.Contains(said[name], reason) {
			t.Errorf("the reason for %q is %q, want %q in it", name, said[name], reason)
		}
	}
	if len(report.Skipped) != 9 { // "huge" twice
		t.Errorf("%d skipped: %+v", len(report.Skipped), report.Skipped)
	}
	back := t.TempDir()
	report, err = Export(t.Context(), c, target, back, roomForEight(&watcher{}))
	complete(t, report, err)
	sameTree(t, readTree(t, back), tree{"good": "x", "sub/": "", "sub/x": "4", "only/": ""})
}

func TestImport_LeavesTheServersOwnTreeAlone(t *testing.T) {
	t.Parallel()
	c := connectTo(t, check.Run(t).Addr())
	source := tree{"zookeeper/quota": "x", "a/zookeeper/quota": "y"}.write(t)
	report, err := Import(t.Context(), c, source, "/", modest(&watcher{}))
	must(t, err)
	if said := reasons(report.Skipped); len(said) != 1 || !strings.Contains(said["zookeeper"], "belongs to the server") {
		t.Errorf("skipped: %v", said)
	}
	back := t.TempDir()
	report, err = Export(t.Context(), c, "/", back, roomForEight(&watcher{}))
	complete(t, report, err)
	sameTree(t, readTree(t, back), tree{"a/": "", "a/zookeeper/": "", "a/zookeeper/quota": "y"})
}

func TestImport_ReplacesOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	c, ctx, target := connect(t), t.Context(), zkserver.Root(t)
	report, err := Import(ctx, c, tree{"same": "1", "other": "2", "file": "3", "folder/x": "4", "gone": "5"}.write(t), target, modest(&watcher{}))
	complete(t, report, err)
	changed := tree{"same": "1", "other": "changed", "file/y": "6", "folder": "7"}.write(t)

	report, err = Import(ctx, c, changed, target, modest(&watcher{}))
	must(t, err)
	said := reasons(report.Skipped)
	for name, reason := range map[string]string{"other": "other contents", "file": "exists as a file", "folder": "exists as a directory"} {
		if !strings.Contains(said[name], reason) {
			t.Errorf("the reason for %q is %q, want %q in it", name, said[name], reason)
		}
	}
	if len(said) != 3 || report.NotBegun != 1 { // file/y is below what was skipped
		t.Errorf("%+v", report)
	}

	o := modest(&watcher{})
	o.Overwrite = true
	report, err = Import(ctx, c, changed, target, o)
	must(t, err)
	if said := reasons(report.Skipped); len(said) != 1 || said["folder"] == "" { // its child is not deleted, so it cannot become a file
		t.Errorf("with overwrite: %v", said)
	}
	back := t.TempDir()
	report, err = Export(ctx, c, target, back, roomForEight(&watcher{}))
	complete(t, report, err)
	sameTree(t, readTree(t, back), tree{"same": "1", "other": "changed", "file/": "", "file/y": "6", "folder/": "", "folder/x": "4", "gone": "5"})
}

func TestImport_MergesWithoutMarkingWhatHasChildren(t *testing.T) {
	t.Parallel()
	c, ctx, target := connect(t), t.Context(), zkserver.Root(t)
	report, err := Import(ctx, c, tree{"d/x": "1"}.write(t), target, modest(&watcher{}))
	complete(t, report, err)
	report, err = Import(ctx, c, tree{"d/": ""}.write(t), target, modest(&watcher{}))
	complete(t, report, err)
	children, err := c.Children(ctx, target+"/d").Get(ctx)
	must(t, err)
	if !slices.Equal(children.Names, []string{"x"}) {
		t.Errorf("children of the directory: %v", children.Names)
	}
}

func TestImport_ReportsWhatTheServerForbids(t *testing.T) {
	t.Parallel()
	c, ctx, target := connect(t), t.Context(), zkserver.Root(t)
	_, err := c.Create(ctx, target, nil).Get(ctx)
	must(t, err)
	_, err = c.Create(ctx, target+"/closed", nil, zkasync.WithACL(zk.WorldACL(zk.PermRead))).Get(ctx)
	must(t, err)
	report, err := Import(ctx, c, tree{"closed/x": "1", "open/y": "2"}.write(t), target, modest(&watcher{}))
	must(t, err)
	said := reasons(report.Skipped)
	for name, reason := range map[string]string{"x": "not authenticated", "closed": "its mark as an empty directory"} {
		if !strings.Contains(said[name], reason) {
			t.Errorf("the reason for %q is %q, want %q in it", name, said[name], reason)
		}
	}
	if len(said) != 2 || report.Files != 1 {
		t.Errorf("%+v", report)
	}
}

func TestItem_MeetsWhatIsThere(t *testing.T) {
	t.Parallel()
	const file, directory = false, true
	for _, tt := range []struct {
		name      string
		dir       bool
		data      string
		there     string
		children  int32
		overwrite bool
		replace   bool
		refused   string
	}{
		{"file, the same", file, "x", "x", 0, false, false, ""},
		{"file, both empty", file, "", "", 0, false, false, ""},
		{"file, another", file, "x", "y", 0, false, false, "other contents"},
		{"file, another, overwrite", file, "x", "y", 0, true, true, ""},
		{"file, an empty one", file, "x", "", 0, false, false, "other contents"},
		{"file, a directory", file, "x", "", 1, true, false, "as a directory"},
		{"file, a directory with its data", file, "x", "x", 1, true, false, "as a directory"},
		{"directory, the same", directory, "", "", 3, false, false, ""},
		{"directory, without children", directory, "", "", 0, false, false, ""},
		{"directory, with data of its own", directory, "", "y", 3, false, false, ""},
		{"directory, a file", directory, "", "y", 0, false, false, "as a file"},
		{"directory, a file, overwrite", directory, "", "y", 0, true, true, ""},
		{"directory, its data are missing", directory, "x", "", 0, false, true, ""},
		{"directory, other data", directory, "x", "y", 1, false, false, "other contents"},
		{"directory, other data, overwrite", directory, "x", "y", 1, true, true, ""},
	} {
		it := &item{path: "/p", data: []byte(tt.data)}
		if tt.dir {
			it.dir = &folder{}
		}
		replace, err := it.meets(zkasync.Node{Data: []byte(tt.there), Stat: zk.Stat{NumChildren: tt.children}}, tt.overwrite)
		if replace != tt.replace || (err != nil) != (tt.refused != "") || err != nil && !strings.Contains(err.Error(), tt.refused) {
			t.Errorf("%s: replace %v, %v", tt.name, replace, err)
		}
	}
}

// Only the directory's own data cannot be written then; what is in the directory still can.
func TestExport_DirectoryWithOtherData(t *testing.T) {
	t.Parallel()
	c, from, dir := connect(t), zkserver.Root(t), t.TempDir()
	for _, path := range []string{"", "/d", "/d/f"} {
		_, err := c.Create(t.Context(), from+path, []byte("old"), zkasync.MakeParents()).Get(t.Context())
		must(t, err)
	}
	report, err := Export(t.Context(), c, from, dir, roomForEight(&watcher{}))
	complete(t, report, err)
	for _, path := range []string{"", "/d", "/d/f"} {
		_, err := c.Set(t.Context(), from+path, []byte("new"), zkasync.AnyVersion).Get(t.Context())
		must(t, err)
	}
	_, err = c.Create(t.Context(), from+"/d/g", []byte("new")).Get(t.Context())
	must(t, err)
	progress := &watcher{}
	report, err = Export(t.Context(), c, from, dir, roomForEight(progress))
	must(t, err)
	if report.Files != 1 || len(report.Skipped) != 3 || report.Directories+report.Unchanged != 0 || progress.found != progress.done {
		t.Errorf("%+v, %+v", report, progress)
	}
	sameTree(t, readTree(t, dir), tree{dataFile: "old", "d/": "", "d/" + dataFile: "old", "d/f": "old", "d/g": "new"})
}
