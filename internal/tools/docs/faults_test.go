package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// Each row of docs/faults.md links to tests that exist.
func TestFaults_LinkToTests(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(root, "docs", "faults.md"))
	if err != nil {
		t.Fatal(err)
	}
	links := regexp.MustCompile("\\[`(Test\\w+)`\\]\\(\\.\\./([\\w/]+\\.go)\\)").FindAllSubmatch(page, -1)
	if len(links) < 50 {
		t.Fatalf("%d links", len(links))
	}
	for _, l := range links {
		code, err := os.ReadFile(filepath.Join(root, string(l[2])))
		if err != nil || !regexp.MustCompile("(?m)^func "+string(l[1])+"\\(").Match(code) {
			t.Errorf("%s has no %s", l[2], l[1])
		}
	}
	for i, row := range regexp.MustCompile(`(?m)^\| [^|]+ \| [^|]+ \| *(.*)$`).FindAllSubmatch(page, -1) {
		if i > 0 && len(row[1]) < 10 {
			t.Errorf("row %d has no test", i)
		}
	}
}
