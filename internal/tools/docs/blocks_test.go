package docs

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zkasync/zkasync-go/internal/testkit/zkserver"
)

// block is a fenced block of a Markdown file.
type block struct {
	language string
	text     string
}

// blocks returns the fenced blocks of a Markdown file.
func blocks(markdown string) []block {
	var all []block
	for i, part := range strings.Split("\n"+markdown, "\n```") {
		if i%2 == 1 {
			language, text, _ := strings.Cut(part, "\n")
			all = append(all, block{language, text + "\n"})
		}
	}
	return all
}

// isProgram reports whether a block is a whole program, not a piece of one.
func isProgram(b block) bool {
	return b.language == "go" && strings.HasPrefix(b.text, "package main\n")
}

func TestREADME_FirstProgramPrintsWhatItSays(t *testing.T) {
	t.Parallel()
	all := blocks(read(t, "README.md"))
	for i, b := range all {
		if !isProgram(b) {
			continue
		}
		if i+1 == len(all) || all[i+1].language != "text" {
			t.Fatal("the program is not followed by what it prints")
		}
		if got, want := runProgram(t, b.text, zkserver.Shared(t).Addr()), all[i+1].text; got != want {
			t.Errorf("it prints\n%s, want\n%s", got, want)
		}
		return
	}
	t.Fatal("there is no program")
}

// runProgram builds a program as part of the module and returns what it prints.
func runProgram(t *testing.T, source string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	file := filepath.Join(t.TempDir(), "first.go")
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	binary := strings.TrimSuffix(file, ".go") + ".exe"
	build := exec.CommandContext(ctx, "go", "build", "-o", binary, file)
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.CommandContext(ctx, binary, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// Pieces of programs cannot be run by themselves, so each must be part of an example, which is run.
func TestDocuments_SnippetsStandInExamples(t *testing.T) {
	t.Parallel()
	var files []string
	for _, pattern := range []string{"zkasync/example_*test.go", "zkasync/recipe/example_*test.go", "zkasync/recipe/discovery/example_*test.go", "zkasync/recipe/cache/example_*test.go"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	var examples strings.Builder
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		examples.Write(b)
	}
	for _, file := range []string{"README.md", "docs/cookbook.md"} {
		snippets := 0
		for _, b := range blocks(read(t, file)) {
			if b.language != "go" || isProgram(b) {
				continue
			}
			snippets++
			if !strings.Contains(examples.String(), b.text) {
				t.Errorf("%s: no example of zkasync has\n%s", file, b.text)
			}
		}
		if snippets == 0 {
			t.Errorf("%s: there are no snippets", file)
		}
	}
}
