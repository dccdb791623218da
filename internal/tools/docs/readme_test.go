package docs

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// section returns the part of a document below a heading.
func section(t *testing.T, file, heading string) string {
	t.Helper()
	_, rest, found := strings.Cut(read(t, file), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("%s has no section %q", file, heading)
	}
	text, _, _ := strings.Cut(rest, "\n## ")
	return text
}

func TestDocuments_NameWhatExists(t *testing.T) {
	t.Parallel()
	dirs := map[string]string{
		"zkasync": filepath.Join(root, "zkasync"),
		"future":  filepath.Join(root, "future"),
		"handler": filepath.Join(root, "handler"),
		"recipe":  filepath.Join(root, "zkasync", "recipe"),
		"cache":   filepath.Join(root, "zkasync", "recipe", "cache"),
		"zk":      goZookeeper(t),
	}
	known := make(map[string]map[string]bool)
	for name, dir := range dirs {
		known[name] = names(t, dir)
	}
	for _, m := range regexp.MustCompile(`\b(zkasync|future|handler|recipe|cache|zk|c|Conn)\.([A-Z]\w*)`).FindAllStringSubmatch(read(t, "README.md")+read(t, "docs/cookbook.md")+read(t, "docs/migrating.md")+read(t, "docs/observability.md"), -1) {
		found := false
		switch m[1] {
		case "c":
			found = known["zkasync"]["Client."+m[2]]
		case "Conn":
			found = known["zk"]["Conn."+m[2]]
		default:
			found = known[m[1]][m[2]]
		}
		if !found {
			t.Errorf("there is no %s", m[0])
		}
	}
}

func TestMigrating_HasEveryCallOfGoZookeeper(t *testing.T) {
	t.Parallel()
	table := section(t, "docs/migrating.md", "Coming from go-zookeeper")
	for _, e := range calls(t, goZookeeper(t)) {
		name := "zk." + e.name
		switch e.receiver {
		case "":
		case "Conn", "Lock":
			name = e.String()
		case "DNSHostProvider":
			name = e.name
		default:
			continue // String and Error of types that zkasync uses too
		}
		if !strings.Contains(table, "`"+name+"`") {
			t.Errorf("the table has no %s", name)
		}
	}
}

// kazooPage has the names on kazoo's page "Asynchronous Usage".
var kazooPage = []string{
	"KazooClient", "IHandler", "SequentialThreadingHandler", "SequentialGeventHandler", "SequentialEventletHandler",
	"start_async", "wait", "connected", "stop", "IAsyncResult", "rawlink", "get",
	"ConnectionLossException", "NoAuthException",
	"create_async", "exists_async", "get_async", "get_children_async", "set_async", "delete_async", "ensure_path",
}

func TestMigrating_HasEveryNameOfKazoosPage(t *testing.T) {
	t.Parallel()
	table := section(t, "docs/migrating.md", "Coming from kazoo")
	for _, name := range kazooPage {
		if !regexp.MustCompile("`[^`]*\\b" + name + "\\b").MatchString(table) {
			t.Errorf("the table has no %s", name)
		}
	}
}

func TestREADME_MakeTargetsExist(t *testing.T) {
	t.Parallel()
	makefile := read(t, "Makefile")
	for _, m := range regexp.MustCompile("(?m)(?:^    |`)make ([a-z-]+)").FindAllStringSubmatch(read(t, "README.md"), -1) {
		if !strings.Contains(makefile, "\n"+m[1]+":") {
			t.Errorf("there is no target %s", m[1])
		}
	}
}

func TestDocuments_LinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`)
	for _, file := range []string{"README.md", "CHANGELOG.md", "docs/design.md", "docs/testing.md", "docs/cookbook.md", "docs/migrating.md", "docs/performance.md"} {
		for _, m := range link.FindAllStringSubmatch(read(t, file), -1) {
			if !strings.Contains(m[1], "://") {
				read(t, filepath.Join(filepath.Dir(file), m[1]))
			}
		}
	}
}
