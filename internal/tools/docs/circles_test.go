package docs

import (
	"bytes"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// mostInCircle is how many files of a package may refer to each other in a circle. Whoever changes one of them must know all of
// them.
const mostInCircle = 8

func TestCircles_AreSmall(t *testing.T) {
	t.Parallel()
	packages, exports := listPackages(t)
	set := token.NewFileSet()
	imports := importer.ForCompiler(set, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	for _, p := range packages {
		name := strings.TrimPrefix(p.path, module)
		circle := slices.MaxFunc(circles(references(t, set, imports, p)), func(a, b []string) int { return len(a) - len(b) })
		if len(circle) > mostInCircle {
			slices.Sort(circle)
			t.Errorf("%s: %d files refer to each other in a circle, want at most %d: %s",
				name, len(circle), mostInCircle, strings.Join(circle, " "))
		}
	}
}

// A circle is found in whatever order its files are visited. Files that are only referred to are not part of it.
func TestCircles_AreFound(t *testing.T) {
	t.Parallel()
	graph := map[string]map[string]bool{
		"a": {"b": true}, "b": {"c": true}, "c": {"a": true, "leaf": true},
		"leaf": {}, "top": {"a": true}, "x": {"y": true}, "y": {"x": true},
	}
	var sizes []int
	for _, circle := range circles(graph) {
		sizes = append(sizes, len(circle))
	}
	slices.Sort(sizes)
	if want := []int{1, 1, 2, 3}; !slices.Equal(sizes, want) {
		t.Errorf("circles of %v files, want %v", sizes, want)
	}
}

// listed is a package of the module.
type listed struct {
	path  string
	files []string
}

// listPackages returns the packages of the module, and for each package, including those of other modules, the file with the
// compiler's export data.
func listPackages(t *testing.T) (ours []listed, exports map[string]string) {
	t.Helper()
	list := exec.Command("go", "list", "-deps", "-export", "-f",
		"{{.ImportPath}}\t{{.Export}}\t{{.Dir}}\t{{join .GoFiles \",\"}}", "./...")
	list.Dir = root
	var failure bytes.Buffer
	list.Stderr = &failure
	out, err := list.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &failure)
	}
	exports = make(map[string]string)
	for line := range strings.Lines(string(out)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		path, export, dir, names := fields[0], fields[1], fields[2], fields[3]
		exports[path] = export
		if !strings.HasPrefix(path, module) || names == "" {
			continue
		}
		p := listed{path: path}
		for name := range strings.SplitSeq(names, ",") {
			p.files = append(p.files, filepath.Join(dir, name))
		}
		ours = append(ours, p)
	}
	if len(ours) == 0 {
		t.Fatal("there are no packages")
	}
	return ours, exports
}

// references returns which files of a package refer to which others: to a name at their top level, a field or a method.
func references(t *testing.T, set *token.FileSet, imports types.Importer, p listed) map[string]map[string]bool {
	t.Helper()
	var files []*ast.File
	graph := make(map[string]map[string]bool)
	for _, name := range p.files {
		f, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
		graph[filepath.Base(name)] = make(map[string]bool)
	}
	info := types.Info{Uses: make(map[*ast.Ident]types.Object)}
	checked, err := (&types.Config{Importer: imports}).Check(p.path, set, files, &info)
	if err != nil {
		t.Fatal(err)
	}
	file := func(at token.Pos) string { return filepath.Base(set.Position(at).Filename) }
	for use, of := range info.Uses {
		if from, to := file(use.Pos()), file(of.Pos()); of.Pkg() == checked && from != to {
			graph[from][to] = true
		}
	}
	return graph
}

// circles divides a graph into its strongly connected components, as Tarjan does.
func circles(graph map[string]map[string]bool) (all [][]string) {
	number, low, open := make(map[string]int), make(map[string]int), make(map[string]bool)
	var path []string
	var visit func(string)
	visit = func(v string) {
		number[v] = len(number) + 1
		low[v] = number[v]
		path, open[v] = append(path, v), true
		for w := range graph[v] {
			if number[w] == 0 {
				visit(w)
				low[v] = min(low[v], low[w])
			} else if open[w] {
				low[v] = min(low[v], number[w])
			}
		}
		if low[v] < number[v] {
			return
		}
		i := slices.Index(path, v)
		circle := slices.Clone(path[i:])
		path = path[:i]
		for _, w := range circle {
			open[w] = false
		}
		all = append(all, circle)
	}
	for v := range graph {
		if number[v] == 0 {
			visit(v)
		}
	}
	return all
}
