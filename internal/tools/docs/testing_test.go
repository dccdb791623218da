package docs

import (
	"path/filepath"
	"strings"
	"testing"
)

// The tests of zktest run the code that docs/testing.md shows.
func TestTesting_SnippetsStandInTests(t *testing.T) {
	t.Parallel()
	tests := read(t, filepath.Join("zkasync", "zktest", "service_test.go"))
	snippets := 0
	for _, b := range blocks(read(t, "docs/testing.md")) {
		if b.language != "go" {
			continue
		}
		snippets++
		if !strings.Contains(tests, b.text) {
			t.Errorf("the tests have no\n%s", b.text)
		}
	}
	if snippets == 0 {
		t.Error("there are no snippets")
	}
}

// Every name in the table of docs/testing.md exists.
func TestTesting_NamesWhatExists(t *testing.T) {
	t.Parallel()
	known := make(map[string]bool)
	for name := range names(t, filepath.Join(root, "zkasync", "zktest")) {
		known[name[strings.LastIndexByte(name, '.')+1:]] = true
	}
	_, table, found := strings.Cut(read(t, "docs/testing.md"), "|---|---|\n")
	if !found {
		t.Fatal("there is no table")
	}
	table, _, _ = strings.Cut(table, "\n\n")
	for i, name := range strings.Split(table, "`") {
		if i%2 == 1 && !strings.Contains(name, "/") && !known[name] {
			t.Errorf("there is no %s", name)
		}
	}
}
