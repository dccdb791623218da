package transfer

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
	"github.com/zkasync/zkasync-go/zkasync"
)

func TestRoundTrip_IsExact(t *testing.T) {
	t.Parallel()
	c := connect(t)
	for name, tr := range map[string]tree{
		"empty directory":           {},
		"empty file":                {"f": ""},
		"empty files and folders":   {"f": "", "d/": "", "e/f": "", "e/g/": "", "e/h/i/": ""},
		"binary":                    {"all": everyByte(), "zeros": strings.Repeat("\x00", 70_000), "crlf": "a\r\nb\n"},
		"deep":                      {strings.Repeat("d/", 200) + "f": "deep", strings.Repeat("e/", 200): ""},
		"odd names":                 {"sp ace": "1", "ünï": "2", "日本/語": "3", ".hidden": "4"},
		"data of a directory":       {"d/" + dataFile: "data", "d/f": "file", "e/" + dataFile: "alone"},
		"data of the top directory": {dataFile: "data"},
		"one request's worth":       {"big": strings.Repeat("x", 0xfffff-200)},
		"random":                    randomTree(300),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			roundTrip(t, c, tr)
		})
	}
}

// roundTrip imports a tree, exports it again, and compares.
func roundTrip(t *testing.T, c *zkasync.Client, tr tree) {
	t.Helper()
	target, source, back := zkserver.Root(t), tr.write(t), t.TempDir()
	in := &watcher{}
	report, err := Import(t.Context(), c, source, target, modest(in))
	complete(t, report, err)
	if in.found != in.done || in.foundBytes > in.doneBytes {
		t.Errorf("import's progress: %+v", in)
	}
	out := &watcher{}
	report, err = Export(t.Context(), c, target, back, roomForEight(out))
	complete(t, report, err)
	if out.found != out.done || out.foundBytes != out.doneBytes {
		t.Errorf("export's progress: %+v", out)
	}
	sameTree(t, readTree(t, back), readTree(t, source))
}

func everyByte() string {
	var b strings.Builder
	for i := range 256 {
		b.WriteByte(byte(i))
	}
	return b.String()
}

// randomTree has n entries at random depths. Some are empty, and some are larger than a window of modest.
func randomTree(n int) tree {
	tr := tree{}
	folders := []string{""}
	for i := range n {
		parent := folders[rand.IntN(len(folders))]
		name := fmt.Sprintf("%sn%d", parent, i)
		switch rand.IntN(4) {
		case 0:
			tr[name+"/"] = ""
			folders = append(folders, name+"/")
		case 1:
			tr[name] = ""
		case 2:
			tr[name] = strings.Repeat(string(rune('a'+i%26)), rand.IntN(100_000))
		default:
			tr[name] = everyByte()[:rand.IntN(256)]
		}
	}
	return tr
}

func TestRoundTrip_OfZnodesThatImportDidNotMake(t *testing.T) {
	t.Parallel()
	c, ctx, source, target := connect(t), t.Context(), zkserver.Root(t), zkserver.Root(t)
	data := map[string]string{"": "top", "/both": "data", "/both/child": "x", "/plain/leaf": ""}
	for _, path := range []string{"", "/both", "/both/child", "/plain/leaf"} {
		_, err := c.Create(ctx, source+path, []byte(data[path]), zkasync.MakeParents()).Get(ctx)
		must(t, err)
	}
	dir := t.TempDir()
	report, err := Export(ctx, c, source, dir, roomForEight(&watcher{}))
	complete(t, report, err)
	sameTree(t, readTree(t, dir), tree{dataFile: "top", "both/": "", "both/" + dataFile: "data", "both/child": "x", "plain/": "", "plain/leaf": ""})
	report, err = Import(ctx, c, dir, target, modest(&watcher{}))
	complete(t, report, err)
	for path, want := range data {
		node, err := c.Get(ctx, target+path).Get(ctx)
		must(t, err)
		if string(node.Data) != want {
			t.Errorf("%s holds %q, want %q", path, node.Data, want)
		}
	}
}

func TestRoundTrip_TakesAChroot(t *testing.T) {
	t.Parallel()
	root := zkserver.Root(t)
	_, err := connect(t).EnsurePath(t.Context(), root).Get(t.Context())
	must(t, err)
	c := connectTo(t, zkserver.Shared(t).Addr()+root)
	source, back := tree{"d/f": "1", "e/": ""}.write(t), t.TempDir()
	report, err := Import(t.Context(), c, source, "/", modest(&watcher{}))
	complete(t, report, err)
	report, err = Export(t.Context(), c, "/", back, roomForEight(&watcher{}))
	complete(t, report, err)
	sameTree(t, readTree(t, back), readTree(t, source))
}
