package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Each row of the faults, of what clients can do, and of what servers differ in links to tests that are there.
func TestTables_LinkToTests(t *testing.T) {
	t.Parallel()
	for name, least := range map[string]int{"faults.md": 50, "features.md": 60, "servers.md": 12} {
		page, err := os.ReadFile(filepath.Join(root, "docs", name))
		if err != nil {
			t.Fatal(err)
		}
		links := regexp.MustCompile("\\[`(Test\\w+)`\\]\\(\\.\\./([\\w/]+\\.go)\\)").FindAllSubmatch(page, -1)
		if len(links) < least {
			t.Errorf("%s has %d links", name, len(links))
		}
		for _, l := range links {
			code, err := os.ReadFile(filepath.Join(root, string(l[2])))
			if err != nil || !regexp.MustCompile("(?m)^func "+string(l[1])+"\\(").Match(code) {
				t.Errorf("%s: %s has no %s", name, l[2], l[1])
			}
		}
		for _, row := range rowsWithTests(string(page)) {
			if !strings.Contains(row, "Test") {
				t.Errorf("%s: no test in the row %.60s", name, row)
			}
		}
	}
}

// rowsWithTests returns the rows of the tables that say which tests show them.
func rowsWithTests(page string) (rows []string) {
	for _, table := range regexp.MustCompile(`(?m)(^\|.*\n)+`).FindAllString(page, -1) {
		lines := strings.Split(strings.TrimSpace(table), "\n")
		if head := lines[0]; strings.Contains(head, "shown by") || strings.HasPrefix(head, "| | zkasync") {
			rows = append(rows, lines[2:]...)
		}
	}
	return rows
}
